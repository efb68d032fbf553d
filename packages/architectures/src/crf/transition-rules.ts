import { type Shape, type Tensor, tensor, where } from '@unroll/tensor';

/** Whether a tag may follow another; null stands for the edge of the sequence. */
export type TransitionRule = (from: number | null, to: number | null) => boolean;

/** A rule about the names of tags; null stands for the edge of the sequence. */
export interface TagRule {
  allows(from: string | null, to: string | null): boolean;
}

/**
 * A rule about the names of tags as one about their numbers: `ruleByNames(tags, BIO)`. `BIO` and `BIOES` of `@unroll/data` are such rules, the
 * constraints of Lample et al. 2016.
 */
export function ruleByNames(names: readonly string[], rule: TagRule): TransitionRule {
  const nameOf = (tag: number | null): string | null => (tag === null ? null : names[tag]!);
  return (from, to) => rule.allows(nameOf(from), nameOf(to));
}

/**
 * The score of a transition that must not be, where derivatives are wanted: e to the power of it is 0 in every dtype, and the derivative of
 * log Σ exp over nothing but it is a number, which it is not for −∞.
 */
export const FORBIDDEN = -1e4;

/** Which transitions there may be. */
export class TransitionTable {
  readonly #start: Float32Array;
  readonly #transitions: Float32Array;
  readonly #end: Float32Array;

  constructor(tagCount: number, rule: TransitionRule) {
    const allowed = (from: number | null, to: number | null): number => (rule(from, to) ? 1 : 0);
    this.#start = Float32Array.from({ length: tagCount }, (_, to) => allowed(null, to));
    this.#transitions = Float32Array.from({ length: tagCount ** 2 }, (_, i) =>
      allowed(Math.floor(i / tagCount), i % tagCount),
    );
    this.#end = Float32Array.from({ length: tagCount }, (_, from) => allowed(from, null));
  }

  /** Scores where there may be such a start, transition or end, else `otherwise`. */
  restrict(part: 'start' | 'transitions' | 'end', scores: Tensor, otherwise: number): Tensor {
    return where(this.#tensor(part, scores.shape, scores), scores, otherwise);
  }

  /** Whether a tag may follow another. */
  allows(from: number | null, to: number | null): boolean {
    if (from === null) return to === null || this.#start[to] === 1;
    return (to === null ? this.#end[from] : this.#transitions[from * this.#start.length + to]) === 1;
  }

  #tensor(part: 'start' | 'transitions' | 'end', shape: Shape, { backend }: Tensor): Tensor {
    const allowed = { start: this.#start, transitions: this.#transitions, end: this.#end }[part];
    return tensor(allowed, { shape, backend });
  }
}
