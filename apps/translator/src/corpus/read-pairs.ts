import { type TextSource, readLinePairs, readTsv } from '@unroll/data';
import { UnrollError } from '@unroll/tensor';
import type { Pair } from '../pairs/pair.ts';

/** The columns of a tab-separated corpus, from the left: `source`, `target`, and null for one that is not needed. */
export type CorpusColumns = readonly ('source' | 'target' | null)[];

/**
 * The pairs of a corpus, one by one: it may be larger than the memory. A pair that is empty on one side teaches nothing and is left out.
 * @throws UnrollError INVALID_ARGUMENT without both columns; INVALID_FILE (ReaderError) naming the line that has other columns or is no UTF-8
 */
export async function* readTsvPairs(corpus: TextSource, columns: CorpusColumns): AsyncGenerator<Pair, void, undefined> {
  if (!(columns.includes('source') && columns.includes('target'))) {
    throw new UnrollError('INVALID_ARGUMENT', 'readTsvPairs: name a column source and a column target.');
  }
  for await (const { source, target } of readTsv(corpus, { columns })) yield* pairOf(source, target);
}

/**
 * The same of two texts whose lines belong together.
 * @throws UnrollError INVALID_FILE (ReaderError) naming the line where one ends before the other, or is no UTF-8
 */
export async function* readParallelPairs(
  sources: TextSource,
  targets: TextSource,
): AsyncGenerator<Pair, void, undefined> {
  for await (const [source, target] of readLinePairs(sources, targets)) yield* pairOf(source, target);
}

/** Without white space around; a byte order mark counts as such. */
function* pairOf(source: string, target: string): Generator<Pair, void, undefined> {
  const pair = { source: source.trim(), target: target.trim() };
  if (pair.source !== '' && pair.target !== '') yield pair;
}
