import { LayerNorm, constant, perGate } from '@unroll/layers';
import { type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';
import { GatedCell, type NormalizedCellOptions } from '../gated-cell.ts';
import type { LstmState } from '../lstm.ts';

/**
 * Layer-normalized LSTM (Ba, Kiros & Hinton 2016, equations 20 to 22), LN being `layerNorm` over all four gates together:
 *
 *     [i, f, g, o] = LN(W_ih x; α₁, β₁) + LN(W_hh h; α₂, β₂)
 *     c′ = σ(f)∘c + σ(i)∘tanh(g)
 *     h′ = σ(o)∘tanh(LN(c′; α₃, β₃))
 *
 * The gates stand in the order i, f, g, o. The shifts β serve as biases; β₁ starts at 1 for the forget gate. Weights start at
 * U(−1/√h, 1/√h), the scales α at 1, the other shifts at 0.
 */
export class LayerNormLstmCell extends GatedCell implements RecurrentCell<LstmState> {
  /** α₁ and β₁ are [4 · hiddenSize]. */
  readonly norm_ih: LayerNorm;
  /** α₂ and β₂ are [4 · hiddenSize]. */
  readonly norm_hh: LayerNorm;
  /** α₃ and β₃ are [hiddenSize]. */
  readonly norm_c: LayerNorm;

  constructor(options: NormalizedCellOptions) {
    super(4, { ...options, bias: false });
    const { hiddenSize, rng } = options;
    const { weight_ih, weight_hh } = this;
    this.norm_ih = new LayerNorm({ size: weight_ih.value.shape[0]! });
    this.norm_hh = new LayerNorm({ size: weight_hh.value.shape[0]! });
    this.norm_c = new LayerNorm({ size: hiddenSize });
    const shift = this.norm_ih.bias!;
    const zero = constant(0);
    shift.value = perGate([zero, constant(1), zero, zero])(shift.value.shape, rng);
  }

  /** Zeros. */
  initialState(batch: number): LstmState {
    return { h: this.zeroState(batch), c: this.zeroState(batch) };
  }

  /** x is [batch, inputSize]; h, c and y are [batch, hiddenSize]. */
  step(x: Tensor, { h, c }: LstmState): readonly [y: Tensor, next: LstmState] {
    const sums = this.norm_ih.forward(this.fromInput(x)).add(this.norm_hh.forward(this.fromHidden(h)));
    const [iSum, fSum, gSum, oSum] = sums.split(1, 4);
    const i = probe('i', iSum.sigmoid());
    const f = probe('f', fSum.sigmoid());
    const g = probe('g', gSum.tanh());
    const o = probe('o', oSum.sigmoid());
    const cNext = probe('c', f.mul(c).add(i.mul(g)));
    const hNext = probe('h', o.mul(this.norm_c.forward(cNext).tanh()));
    return [hNext, { h: hNext, c: cNext }];
  }
}
