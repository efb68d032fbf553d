import { type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';
import { type GateActivations, GatedCell, type GatedCellOptions, usualActivations } from '../gated-cell.ts';
import type { LstmState } from '../lstm.ts';

/**
 * LSTM with coupled input and forget gate (CIFG in Greff et al. 2017; ONNX's `input_forget=1`): it forgets as much as it writes.
 *
 *     i = σ(W_ii x + b_ii + W_hi h + b_hi)      input gate; 1 − i is the forget gate
 *     g = tanh(W_ig x + b_ig + W_hg h + b_hg)   candidate
 *     o = σ(W_io x + b_io + W_ho h + b_ho)      output gate
 *     c′ = (1 − i)∘c + i∘g
 *     h′ = o∘tanh(c′)
 *
 * The gates stand in the order i, g, o in each parameter. All parameters start at U(−1/√h, 1/√h).
 */
export class CoupledLstmCell extends GatedCell implements RecurrentCell<LstmState> {
  readonly #activations: GateActivations;

  constructor(options: GatedCellOptions) {
    super(3, options);
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
    const [iSum, gSum, oSum] = sums.split(1, 3);
    const i = probe('i', gate(iSum));
    const g = probe('g', candidate(gSum));
    const o = probe('o', gate(oSum));
    const cNext = probe('c', c.add(i.mul(g.sub(c))));
    const hNext = probe('h', o.mul(output(cNext)));
    return [hNext, { h: hNext, c: cNext }];
  }
}
