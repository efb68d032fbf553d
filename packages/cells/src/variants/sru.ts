import { type Initializer, drawParameter, uniform } from '@unroll/layers';
import { type Parameter, type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';
import { InputGatedCell, type InputGatedCellInitializers, type InputGatedCellOptions } from './input-gated-cell.ts';

export interface SruCellOptions extends InputGatedCellOptions {
  /** Each role left out starts as the cell's doc says. */
  readonly initializers?: Partial<InputGatedCellInitializers> & { readonly weight_c?: Initializer };
}

/**
 * Simple recurrent unit (Lei et al. 2018):
 *
 *     f = σ(W_f x + b_f + v_f∘c)      forget gate
 *     c′ = f∘c + (1 − f)∘(W_c x + b_c)
 *     r = σ(W_r x + b_r + v_r∘c)      reset gate: how much of the memory is put out, and not the input
 *     h = r∘c′ + (1 − r)∘s            s = x if it has as many features as h, else W_s x + b_s
 *
 * The blocks stand in the order f, c, r (and s). The state is c [batch, hiddenSize]; h is the output. All parameters start at
 * U(−1/√h, 1/√h). The paper has no b_c and b_s, and scales s by a constant.
 */
export class SruCell extends InputGatedCell implements RecurrentCell<Tensor> {
  /** [2 · hiddenSize]: v_f, v_r */
  readonly weight_c: Parameter;

  constructor(options: SruCellOptions) {
    const { inputSize, hiddenSize, rng, initializers } = options;
    super(inputSize === hiddenSize ? 3 : 4, options);
    const initializer = initializers?.weight_c ?? uniform(1 / Math.sqrt(hiddenSize));
    this.weight_c = drawParameter(this, initializer, [2 * hiddenSize], rng);
  }

  /** Zeros. */
  initialState(batch: number): Tensor {
    return this.zeroState(batch);
  }

  /** x is [batch, inputSize]; c and y are [batch, hiddenSize]. */
  step(x: Tensor, c: Tensor): readonly [y: Tensor, next: Tensor] {
    const blocks = this.inputSize === this.outputSize ? 3 : 4;
    const sums: readonly [Tensor, Tensor, Tensor, Tensor?] = this.fromInput(x).split(1, blocks);
    const [fSum, candidate, rSum, skip = x] = sums;
    const [vf, vr] = this.weight_c.value.split(0, 2);
    const f = probe('f', fSum.add(vf.mul(c)).sigmoid());
    const r = probe('r', rSum.add(vr.mul(c)).sigmoid());
    const next = probe('c', candidate.add(f.mul(c.sub(candidate))));
    const y = probe('h', skip.add(r.mul(next.sub(skip))));
    return [y, next];
  }
}
