import { type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';
import { InputGatedCell, type InputGatedCellOptions } from './input-gated-cell.ts';

/**
 * minGRU (Feng et al. 2024), a GRU whose gate and candidate see the input alone:
 *
 *     z = σ(W_z x + b_z)          update gate
 *     n = W_n x + b_n             candidate
 *     h′ = (1 − z)∘h + z∘n
 *
 * z = 0 keeps the old state, as in the paper and unlike in `GruCell`. The new state is linear in the old one, so `scan` can run the
 * loop as a parallel prefix scan. The blocks stand in the order z, n. All parameters start at U(−1/√h, 1/√h). The state is h
 * [batch, hiddenSize], which is also the output.
 */
export class MinGruCell extends InputGatedCell implements RecurrentCell<Tensor> {
  constructor(options: InputGatedCellOptions) {
    super(2, options);
  }

  /** Zeros. */
  initialState(batch: number): Tensor {
    return this.zeroState(batch);
  }

  /** x is [batch, inputSize]; h and y are [batch, hiddenSize]. */
  step(x: Tensor, h: Tensor): readonly [y: Tensor, next: Tensor] {
    const [zSum, nSum] = this.fromInput(x).split(1, 2);
    const z = probe('z', zSum.sigmoid());
    const n = probe('n', nSum);
    const next = probe('h', h.add(z.mul(n.sub(h))));
    return [next, next];
  }
}
