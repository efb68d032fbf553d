import { type TextSource, readLinePairs, readTsv } from '@unroll/data';
import { UnrollError } from '@unroll/tensor';
import type { Pair } from '../pairs/pair.ts';

/** The columns of a tab-separated corpus, from the left: `source`, `target`, and null for one that is not needed. */
export type CorpusColumns = readonly ('source' | 'target' | null)[];

/** @throws UnrollError INVALID_FILE (ReaderError) naming the line that has other columns or is no UTF-8 */
export async function readTsvPairs(corpus: TextSource, columns: CorpusColumns): Promise<readonly Pair[]> {
  if (!(columns.includes('source') && columns.includes('target'))) {
    throw new UnrollError('INVALID_ARGUMENT', 'readTsvPairs: name a column source and a column target.');
  }
  const pairs: Pair[] = [];
  for await (const { source, target } of readTsv(corpus, { columns })) pairs.push(trimmed(source, target));
  return withText(pairs);
}

/**
 * Two texts whose lines belong together.
 * @throws UnrollError INVALID_FILE (ReaderError) naming the line where one ends before the other, or is no UTF-8
 */
export async function readParallelPairs(sources: TextSource, targets: TextSource): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for await (const [source, target] of readLinePairs(sources, targets)) pairs.push(trimmed(source, target));
  return withText(pairs);
}

/** Without white space around; a byte order mark counts as such. */
function trimmed(source: string, target: string): Pair {
  return { source: source.trim(), target: target.trim() };
}

/** A line that is empty on one side teaches nothing. */
function withText(pairs: readonly Pair[]): readonly Pair[] {
  return pairs.filter(({ source, target }) => source !== '' && target !== '');
}
