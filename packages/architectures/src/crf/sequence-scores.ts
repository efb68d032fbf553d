import type { Tensor } from '@unroll/tensor';
import type { ChainTensors } from './tag-scores.ts';

/** A sequence of tags, and its score before normalization: of start, emissions, transitions and end. */
export interface TagPath {
  readonly tags: readonly number[];
  readonly score: number;
}

/** One sequence without its padding, as plain numbers. */
export interface SequenceScores {
  readonly tagCount: number;
  /** Its first row among those of all emissions [batch · time, tags]. */
  readonly first: number;
  readonly length: number;
  /** [length, tags] */
  readonly emissions: ArrayLike<number>;
  /** [tags]; −∞ where no sequence may begin. */
  readonly start: ArrayLike<number>;
  /** [from, to]; −∞ where a tag may not follow another. */
  readonly transitions: ArrayLike<number>;
  /** [tags]; −∞ where no sequence may end. */
  readonly end: ArrayLike<number>;
}

/** The score of a path. */
export function scoreOf(tags: readonly number[], chain: SequenceScores): number {
  if (tags.length === 0) return 0;
  const { tagCount, emissions, start, transitions, end } = chain;
  let score = start[tags[0]!]! + end[tags.at(-1)!]!;
  for (const [position, tag] of tags.entries()) {
    score += emissions[position * tagCount + tag]!;
    if (position > 0) score += transitions[tags[position - 1]! * tagCount + tag]!;
  }
  return score;
}

/** All sequences of a batch; emissions are [batch, time, tags], the mask is [batch, time]. */
export async function sequenceScores(
  chain: ChainTensors,
  emissions: Tensor,
  mask: Tensor | undefined,
): Promise<readonly SequenceScores[]> {
  const [batch, time, tagCount] = emissions.shape as [number, number, number];
  const read = [chain.start.data(), chain.transitions.data(), chain.end.data(), emissions.data()] as const;
  const [start, transitions, end, all] = await Promise.all(read);
  const live = await mask?.data();
  return Array.from({ length: batch }, (_, i) => {
    const own = live && Array.from(live.subarray(i * time, (i + 1) * time));
    const first = i * time + Math.max(own?.findIndex((value) => value !== 0) ?? 0, 0);
    const length = own ? own.filter((value) => value !== 0).length : time;
    const rows = all.subarray(first * tagCount, (first + length) * tagCount);
    return { tagCount, first, length, emissions: rows, start, transitions, end };
  });
}
