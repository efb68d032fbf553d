import { type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';
import { type CellOptions, GatedCell } from '../gated-cell.ts';

/**
 * Minimal gated unit (Zhou et al. 2016): a GRU whose two gates are one.
 *
 *     f = σ(W_if x + b_if + W_hf h + b_hf)            forget gate
 *     n = tanh(W_in x + b_in + W_hn (f∘h) + b_hn)     candidate
 *     h′ = (1 − f)∘h + f∘n
 *
 * f = 0 keeps the old state. The gates stand in the order f, n in each parameter. All parameters start at U(−1/√h, 1/√h). The state is
 * h [batch, hiddenSize], which is also the output.
 */
export class MinimalGatedCell extends GatedCell implements RecurrentCell<Tensor> {
  constructor(options: CellOptions) {
    super(2, options);
  }

  /** Zeros. */
  initialState(batch: number): Tensor {
    return this.zeroState(batch);
  }

  /** x is [batch, inputSize]; h and y are [batch, hiddenSize]. */
  step(x: Tensor, h: Tensor): readonly [y: Tensor, next: Tensor] {
    const [forGate, forCandidate] = this.weight_hh.value.split(0, 2);
    const [xf, xn] = this.fromInputAndBiases(x).split(1, 2);
    const f = probe('f', xf.add(h.matmul(forGate, { transposeB: true })).sigmoid());
    const n = probe('n', xn.add(f.mul(h).matmul(forCandidate, { transposeB: true })).tanh());
    const next = probe('h', h.add(f.mul(n.sub(h))));
    return [next, next];
  }
}
