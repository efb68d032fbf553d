import { Largest } from '../largest.ts';
import type { SequenceScores, TagPath } from './sequence-scores.ts';

/** A way to a tag, and the one it goes on. */
interface Way {
  readonly score: number;
  readonly tag: number;
  readonly before: Way | undefined;
}

/**
 * The `count` best paths, from the best on: Viterbi's algorithm that keeps as many ways to each tag (Seshadri & Sundberg 1994). Fewer where
 * there are fewer; none of a score of −∞.
 */
export function nBestPaths(chain: SequenceScores, count: number): readonly TagPath[] {
  const { tagCount, length, emissions, start, transitions, end } = chain;
  if (length === 0) return [{ tags: [], score: 0 }];
  const tags = Array.from({ length: tagCount }, (_, tag) => tag);
  let ways = tags
    .map((tag): Way => ({ score: start[tag]! + emissions[tag]!, tag, before: undefined }))
    .filter(({ score }) => score > -Infinity);
  for (let position = 1; position < length; position++) {
    const last = ways;
    ways = tags.flatMap((tag) => {
      const own = emissions[position * tagCount + tag]!;
      const best = new Largest(count);
      for (const [i, before] of last.entries()) {
        best.add(before.score + transitions[before.tag * tagCount + tag]! + own, i);
      }
      return best.sorted().map(({ score, key }): Way => ({ score, tag, before: last[key]! }));
    });
  }
  const best = new Largest(count);
  for (const [i, way] of ways.entries()) best.add(way.score + end[way.tag]!, i);
  return best.sorted().map(({ score, key }) => ({ tags: tagsOf(ways[key]!), score }));
}

function tagsOf(last: Way): readonly number[] {
  const tags: number[] = [];
  for (let way: Way | undefined = last; way; way = way.before) tags.push(way.tag);
  return tags.toReversed();
}
