import { type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from './cell.ts';
import { type GateActivations, GatedCell, type GatedCellOptions, usualActivations } from './gated-cell.ts';
import { forgetBias } from './lstm-biases.ts';

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
 * biases start at 1 and 0 (Jozefowicz et al. 2015): a new cell remembers, for some four steps. For longer give `initializers:
 * forgetBias(3)` or `initializers: chronoBias({ longest })`. For PyTorch's start, which has no such exception, give
 * `initializers: { bias_ih: uniform(1 / Math.sqrt(h)), bias_hh: uniform(1 / Math.sqrt(h)) }`. For one bias vector, as in Keras, give
 * `bias: { hh: false }`.
 */
export class LstmCell extends GatedCell implements RecurrentCell<LstmState> {
  readonly #activations: GateActivations;

  constructor(options: GatedCellOptions) {
    super(4, options, forgetBias(1));
    this.#activations = { ...usualActivations, ...options.activations };
  }

  /** Zeros. */
  initialState(batch: number): LstmState {
    return { h: this.zeroState(batch), c: this.zeroState(batch) };
  }

  /** x is [batch, inputSize]; h, c and y are [batch, hiddenSize]. */
  step(x: Tensor, { h, c }: LstmState): readonly [y: Tensor, next: LstmState] {
    const { gate, candidate, output } = this.#activations;
    const sums = this.fromInput(x).add(this.fromHidden(h));
    const [iSum, fSum, gSum, oSum] = sums.split(1, 4);
    const i = probe('i', gate(iSum));
    const f = probe('f', gate(fSum));
    const g = probe('g', candidate(gSum));
    const o = probe('o', gate(oSum));
    const cNext = probe('c', f.mul(c).add(i.mul(g)));
    const hNext = probe('h', o.mul(output(cNext)));
    return [hNext, { h: hNext, c: cNext }];
  }
}
