import { checkGiven } from '@unroll/backend';
import { paragraphs } from '../text/lines.ts';
import { type TextOptions, type TextSource, nameOf } from '../text/source.ts';
import { type ColumnNames, ColumnSplitter } from './columns.ts';

export interface ReadConllOptions<Name extends string> extends TextOptions {
  /** The columns from left to right; null for one that is not needed: `['word', null, null, 'tag']`. */
  readonly columns: ColumnNames<Name>;
  /** Between columns. Default a tab; CoNLL-2000 and CoNLL-2003 have a space. */
  readonly separator?: string;
  /** A line that begins so is left out. Default `-DOCSTART-`, which divides the documents of CoNLL-2003. */
  readonly documentStart?: string;
  /** A line that begins so is left out. Default: there are no comments, since `#` may be a word. */
  readonly comment?: string;
}

/** A sentence of a file with one word a line. */
export interface ConllSentence<Name extends string> {
  /** The number of its first line in the file, from 1. */
  readonly line: number;
  /** Each column from top to bottom. */
  readonly columns: Readonly<Record<Name, readonly string[]>>;
}

/**
 * Sentences of a file with one word a line and columns for its tags, blank lines (or lines of white space) between sentences.
 * @throws ReaderError for a line with more or fewer columns
 */
export async function* readConll<const Name extends string>(
  source: TextSource,
  { columns, separator = '\t', documentStart = '-DOCSTART-', comment, ...options }: ReadConllOptions<Name>,
): AsyncGenerator<ConllSentence<Name>, void, undefined> {
  checkGiven('readConll', { source, columns });
  const splitter = new ColumnSplitter(nameOf(source, options), columns, { separator, lastTakesRest: false });
  for await (const { lines, first } of paragraphs(source, options)) {
    const rows: (readonly string[])[] = [];
    for (const [i, line] of lines.entries()) {
      if (line.startsWith(documentStart) || (comment !== undefined && line.startsWith(comment))) continue;
      rows.push(splitter.split(line, first + i));
    }
    if (rows.length === 0) continue;
    const named = splitter.named.map(([name, index]) => [name, rows.map((cells) => cells[index]!)] as const);
    yield { line: first, columns: Object.fromEntries(named) as Record<Name, string[]> };
  }
}
