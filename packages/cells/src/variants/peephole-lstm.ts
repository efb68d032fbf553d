import { type Initializer, drawParameter, uniform } from '@unroll/layers';
import { type Parameter, type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';
import {
  type CellInitializers,
  type GateActivations,
  GatedCell,
  type GatedCellOptions,
  usualActivations,
} from '../gated-cell.ts';
import type { LstmState } from '../lstm.ts';
import { forgetBias } from '../lstm-biases.ts';

export interface PeepholeLstmCellOptions extends GatedCellOptions {
  /** Each role left out starts as the cell's doc says. */
  readonly initializers?: Partial<CellInitializers> & { readonly peephole?: Initializer };
}

/**
 * LSTM whose gates see the memory (Gers & Schmidhuber 2000; the form of Graves 2013 and of ONNX's `LSTM` with input P):
 *
 *     i = σ(W_ii x + b_ii + W_hi h + b_hi + p_i∘c)
 *     f = σ(W_if x + b_if + W_hf h + b_hf + p_f∘c)
 *     g = tanh(W_ig x + b_ig + W_hg h + b_hg)
 *     c′ = f∘c + i∘g
 *     o = σ(W_io x + b_io + W_ho h + b_ho + p_o∘c′)      sees the new memory
 *     h′ = o∘tanh(c′)
 *
 * Parameters, orders and start are those of `LstmCell`; `peephole` starts at U(−1/√h, 1/√h).
 */
export class PeepholeLstmCell extends GatedCell implements RecurrentCell<LstmState> {
  /** [3 · hiddenSize]: p_i, p_f, p_o. ONNX has them in the order i, o, f. */
  readonly peephole: Parameter;
  readonly #activations: GateActivations;

  constructor(options: PeepholeLstmCellOptions) {
    const { hiddenSize, initializers, rng } = options;
    super(4, options, forgetBias(1));
    const initializer = initializers?.peephole ?? uniform(1 / Math.sqrt(hiddenSize));
    this.peephole = drawParameter(this, initializer, [3 * hiddenSize], rng);
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
    const [pi, pf, po] = this.peephole.value.split(0, 3);
    const i = probe('i', gate(iSum.add(pi.mul(c))));
    const f = probe('f', gate(fSum.add(pf.mul(c))));
    const g = probe('g', candidate(gSum));
    const cNext = probe('c', f.mul(c).add(i.mul(g)));
    const o = probe('o', gate(oSum.add(po.mul(cNext))));
    const hNext = probe('h', o.mul(output(cNext)));
    return [hNext, { h: hNext, c: cNext }];
  }
}
