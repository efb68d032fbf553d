import { type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';
import { InputGatedCell, type InputGatedCellOptions } from './input-gated-cell.ts';

/**
 * minLSTM (Feng et al. 2024), an LSTM whose gates see the input alone, scaled to add up to 1:
 *
 *     f = σ(W_f x + b_f)          forget gate
 *     i = σ(W_i x + b_i)          input gate
 *     n = W_n x + b_n             candidate
 *     h′ = f/(f + i)∘h + i/(f + i)∘n
 *
 * The new state is linear in the old one, so `scan` can run the loop as a parallel prefix scan. The blocks stand in the order
 * f, i, n. All parameters start at U(−1/√h, 1/√h). The state is h [batch, hiddenSize], which is also the output.
 */
export class MinLstmCell extends InputGatedCell implements RecurrentCell<Tensor> {
  constructor(options: InputGatedCellOptions) {
    super(3, options);
  }

  /** Zeros. */
  initialState(batch: number): Tensor {
    return this.zeroState(batch);
  }

  /** x is [batch, inputSize]; h and y are [batch, hiddenSize]. */
  step(x: Tensor, h: Tensor): readonly [y: Tensor, next: Tensor] {
    const [fSum, iSum, nSum] = this.fromInput(x).split(1, 3);
    const f = probe('f', fSum.sigmoid());
    const i = probe('i', iSum.sigmoid());
    const n = probe('n', nSum);
    const kept = f.div(f.add(i));
    const next = probe('h', n.add(kept.mul(h.sub(n))));
    return [next, next];
  }
}
