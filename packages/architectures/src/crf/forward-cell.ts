import type { RecurrentCell } from '@unroll/cells';
import { type Tensor, logSumExp, probe, where, zeros } from '@unroll/tensor';

/** What is known of all beginnings of a chain of tags. */
export type ChainState = {
  /** [batch, tags]: the score of those that end in each tag, less the largest, so that it stays near 0 however long the chain. */
  readonly scores: Tensor;
  /** [batch, 1]: 0 before the first live step, then 1. */
  readonly begun: Tensor;
};

/** What a walk along a chain of tags needs to know. */
export interface ChainOptions {
  /** [from, to] */
  readonly transitions: Tensor;
  /** [tags]: the score of each tag at the edge where the walk begins. */
  readonly start: Tensor;
}

/**
 * The forward algorithm (Rabiner 1989; for CRFs Lafferty, McCallum & Pereira 2001) as a cell. x are emissions [batch, tags], and y
 * [batch, tags] the scores of all beginnings, less those that were taken away before:
 *
 *     yⱼ = xⱼ + startⱼ                               at the first live step
 *     yⱼ = xⱼ + log Σᵢ exp(αᵢ + transitionᵢⱼ)        after it,          α′ = y − max y
 *
 * so that log Z = Σ_t max y_t + log Σⱼ exp(αⱼ + endⱼ). Run against time on the transposed transitions, with the end for a start, it is
 * the backward algorithm.
 */
export class ForwardCell implements RecurrentCell<ChainState> {
  readonly inputSize: number;
  readonly outputSize: number;
  /** [to, from]: what is summed over is the last axis. */
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
    const reached = logSumExp(scores.expandDims(1).add(this.#transposed));
    const y = probe('alpha', where(begun, reached, this.#start).add(x));
    // As a constant: what is taken away and added again makes no derivative.
    const largest = y.max(1, { keepDims: true }).detach();
    return [y, { scores: y.sub(largest), begun: begun.mul(0).add(1) }];
  }
}

/** The state before the first tag; dtype and backend are those of `like` [tags]. */
export function beforeTheChain(batch: number, { shape, dtype, backend }: Tensor): ChainState {
  return { scores: zeros([batch, shape[0]!], { dtype, backend }), begun: zeros([batch, 1], { dtype, backend }) };
}
