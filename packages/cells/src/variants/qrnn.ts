import { type Tensor, concat, probe, zeros } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';
import { InputGatedCell, type InputGatedCellOptions } from './input-gated-cell.ts';

/** c is the memory [batch, hiddenSize], x the input of the step before [batch, inputSize]. */
export type QrnnState = { readonly c: Tensor; readonly x: Tensor };

/**
 * Quasi-recurrent network (Bradbury et al. 2017) with fo-pooling and a window of two steps; x₋ is the input of the step before:
 *
 *     z = tanh(W_z [x₋; x] + b_z)     candidate
 *     f = σ(W_f [x₋; x] + b_f)        forget gate
 *     o = σ(W_o [x₋; x] + b_o)        output gate
 *     c′ = f∘c + (1 − f)∘z
 *     h = o∘c′
 *
 * The gates stand in the order z, f, o; `weight_ih` is [3 · hiddenSize, 2 · inputSize]. All parameters start at U(−1/√h, 1/√h).
 */
export class QrnnCell extends InputGatedCell implements RecurrentCell<QrnnState> {
  constructor(options: InputGatedCellOptions) {
    super(3, options, 2 * options.inputSize);
  }

  /** Zeros. */
  initialState(batch: number): QrnnState {
    return {
      c: this.zeroState(batch),
      x: zeros([batch, this.inputSize], { dtype: this.weight_ih.value.dtype }),
    };
  }

  /** x is [batch, inputSize]; c and y are [batch, hiddenSize]. */
  step(x: Tensor, { c, x: before }: QrnnState): readonly [y: Tensor, next: QrnnState] {
    const [zSum, fSum, oSum] = this.fromInput(concat([before, x], 1)).split(1, 3);
    const z = probe('z', zSum.tanh());
    const f = probe('f', fSum.sigmoid());
    const o = probe('o', oSum.sigmoid());
    const next = probe('c', z.add(f.mul(c.sub(z))));
    const y = probe('h', o.mul(next));
    return [y, { c: next, x }];
  }
}
