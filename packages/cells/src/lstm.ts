import { type Initializer, constant, perGate, uniform } from '@unroll/layers';
import { type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from './cell.ts';
import { type CellOptions, GatedCell } from './gated-cell.ts';

/** h is the output, c the memory; both [batch, hiddenSize]. */
export type LstmState = { readonly h: Tensor; readonly c: Tensor };

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000), as PyTorch's `LSTMCell`:
 *
 *     i = σ(W_ii x + b_ii + W_hi h + b_hi)      input gate
 *     f = σ(W_if x + b_if + W_hf h + b_hf)      forget gate
 *     g = tanh(W_ig x + b_ig + W_hg h + b_hg)   candidate
 *     o = σ(W_io x + b_io + W_ho h + b_ho)      output gate
 *     c′ = f∘c + i∘g
 *     h′ = o∘tanh(c′)
 *
 * The gates stand in the order i, f, g, o in each parameter. Parameters start at U(−1/√h, 1/√h), except that the forget gate's two
 * biases start at 1 and 0 (Jozefowicz et al. 2015): a new cell remembers. For PyTorch's start, which has no such exception, give
 * `initializers: { bias_ih: uniform(1 / Math.sqrt(h)), bias_hh: uniform(1 / Math.sqrt(h)) }`.
 */
export class LstmCell extends GatedCell implements RecurrentCell<LstmState> {
  constructor(options: CellOptions) {
    const usual = uniform(1 / Math.sqrt(options.hiddenSize));
    const withForget = (value: number): Initializer => perGate([usual, constant(value), usual, usual]);
    super(4, options, { bias_ih: withForget(1), bias_hh: withForget(0) });
  }

  /** Zeros. */
  initialState(batch: number): LstmState {
    return { h: this.zeroState(batch), c: this.zeroState(batch) };
  }

  /** x is [batch, inputSize]; h, c and y are [batch, hiddenSize]. */
  step(x: Tensor, { h, c }: LstmState): readonly [y: Tensor, next: LstmState] {
    const sums = this.fromInput(x).add(this.fromHidden(h));
    const [iSum, fSum, gSum, oSum] = sums.split(1, 4) as [Tensor, Tensor, Tensor, Tensor];
    const i = probe('i', iSum.sigmoid());
    const f = probe('f', fSum.sigmoid());
    const g = probe('g', gSum.tanh());
    const o = probe('o', oSum.sigmoid());
    const cNext = probe('c', f.mul(c).add(i.mul(g)));
    const hNext = probe('h', o.mul(cNext.tanh()));
    return [hNext, { h: hNext, c: cNext }];
  }
}
