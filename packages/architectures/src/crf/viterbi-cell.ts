import type { RecurrentCell } from '@unroll/cells';
import { type Tensor, where } from '@unroll/tensor';
import { type ChainOptions, type ChainState, beforeTheChain } from './forward-cell.ts';

/**
 * The forward half of Viterbi's algorithm (Viterbi 1967) as a cell: `ForwardCell` with the largest in place of the sum. x are emissions
 * [batch, tags]; y is [batch, tags]: for each tag, the one before it on the best way there, as a float; of equal ones the first.
 * Scores may be −∞.
 */
export class ViterbiCell implements RecurrentCell<ChainState> {
  readonly inputSize: number;
  readonly outputSize: number;
  /** [to, from] */
  readonly #transposed: Tensor;
  readonly #start: Tensor;

  constructor({ transitions, start }: ChainOptions) {
    this.inputSize = this.outputSize = start.shape[0]!;
    this.#transposed = transitions.transpose([1, 0]);
    this.#start = start;
  }

  initialState(batch: number): ChainState {
    return beforeTheChain(batch, this.#start);
  }

  step(x: Tensor, { scores, begun }: ChainState): readonly [y: Tensor, next: ChainState] {
    const ways = scores.expandDims(1).add(this.#transposed);
    const best = where(begun, ways.max(2), this.#start).add(x);
    const largest = best.max(1, { keepDims: true });
    // Where no tag can be reached, −∞ less −∞ would be NaN.
    const relative = best.sub(where(largest.equal(-Infinity), 0, largest));
    return [ways.argmax(2).cast(x.dtype), { scores: relative, begun: begun.mul(0).add(1) }];
  }
}
