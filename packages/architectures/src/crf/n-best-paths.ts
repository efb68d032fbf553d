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
  let ways = tags.map((tag) => best([{ score: start[tag]! + emissions[tag]!, tag, before: undefined }], count));
  for (let position = 1; position < length; position++) {
    const last = ways.flat();
    ways = tags.map((tag) => {
      const own = emissions[position * tagCount + tag]!;
      const longer = last.map((before): Way => {
        const score = before.score + transitions[before.tag * tagCount + tag]! + own;
        return { score, tag, before };
      });
      return best(longer, count);
    });
  }
  const complete = ways.flat().map((way): Way => ({ ...way, score: way.score + end[way.tag]! }));
  return best(complete, count).map((way) => ({ tags: tagsOf(way), score: way.score }));
}

function best(ways: readonly Way[], count: number): readonly Way[] {
  const possible = ways.filter(({ score }) => score > -Infinity);
  return possible.toSorted((a, b) => b.score - a.score).slice(0, count);
}

function tagsOf(last: Way): readonly number[] {
  const tags: number[] = [];
  for (let way: Way | undefined = last; way; way = way.before) tags.push(way.tag);
  return tags.toReversed();
}
