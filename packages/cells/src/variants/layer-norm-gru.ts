import { LayerNorm } from '@unroll/layers';
import { type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';
import { GatedCell, type NormalizedCellOptions } from '../gated-cell.ts';

/**
 * Layer-normalized GRU (after Ba, Kiros & Hinton 2016), with the reset gate after the product; LN is `layerNorm` over all gates together:
 *
 *     [xr, xz, xn] = LN(W_ih x; α₁, β₁)
 *     [hr, hz, hn] = LN(W_hh h; α₂, β₂)
 *     r = σ(xr + hr),  z = σ(xz + hz),  n = tanh(xn + r∘hn)
 *     h′ = (1 − z)∘n + z∘h
 *
 * z = 1 keeps the old state. The gates stand in the order r, z, n. The shifts β serve as biases. The paper normalizes the rows of
 * the gates apart from those of the candidate. Weights start at U(−1/√h, 1/√h), the scales α at 1, the shifts at 0.
 */
export class LayerNormGruCell extends GatedCell implements RecurrentCell<Tensor> {
  /** α₁ and β₁ are [3 · hiddenSize]. */
  readonly norm_ih: LayerNorm;
  /** α₂ and β₂ are [3 · hiddenSize]. */
  readonly norm_hh: LayerNorm;

  constructor(options: NormalizedCellOptions) {
    super(3, { ...options, bias: false });
    this.norm_ih = new LayerNorm({ size: 3 * options.hiddenSize });
    this.norm_hh = new LayerNorm({ size: 3 * options.hiddenSize });
  }

  /** Zeros. */
  initialState(batch: number): Tensor {
    return this.zeroState(batch);
  }

  /** x is [batch, inputSize]; h and y are [batch, hiddenSize]. */
  step(x: Tensor, h: Tensor): readonly [y: Tensor, next: Tensor] {
    const [xr, xz, xn] = this.norm_ih.forward(this.fromInput(x)).split(1, 3);
    const [hr, hz, hn] = this.norm_hh.forward(this.fromHidden(h)).split(1, 3);
    const r = probe('r', xr.add(hr).sigmoid());
    const z = probe('z', xz.add(hz).sigmoid());
    const n = probe('n', xn.add(r.mul(hn)).tanh());
    const next = probe('h', n.add(z.mul(h.sub(n))));
    return [next, next];
  }
}
