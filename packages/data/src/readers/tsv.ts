import { checkGiven } from '@unroll/backend';
import { ReaderError } from '../text/reader-error.ts';
import { lineBlocks } from '../text/lines.ts';
import { type TextOptions, type TextSource, nameOf } from '../text/source.ts';
import { type ColumnNames, ColumnSplitter } from './columns.ts';

export interface ReadTsvOptions<Name extends string> extends TextOptions {
  /** The columns from left to right; null for one that is not needed: `['english', 'french', null]`. */
  readonly columns: ColumnNames<Name>;
  /** Between columns. Default a tab. */
  readonly separator?: string;
  /** Gives the last column the rest of the line, so that a text after its label may contain the separator. Default false. */
  readonly lastTakesRest?: boolean;
}

/**
 * Records of a text with one on each line, columns between tabs, no quotes (for those see `readCsv`): sentence pairs, labelled texts.
 * Empty lines are left out.
 * @throws ReaderError for a line with more or fewer columns
 */
export async function* readTsv<const Name extends string>(
  source: TextSource,
  { columns, separator = '\t', lastTakesRest = false, ...options }: ReadTsvOptions<Name>,
): AsyncGenerator<Readonly<Record<Name, string>>, void, undefined> {
  checkGiven('readTsv', { source, columns });
  const splitter = new ColumnSplitter(nameOf(source, options), columns, { separator, lastTakesRest });
  for await (const { lines, first } of lineBlocks(source, options)) {
    for (const [i, line] of lines.entries()) {
      if (line === '') continue;
      const cells = splitter.split(line, first + i);
      const named = splitter.named.map(([name, index]) => [name, cells[index]!] as const);
      yield Object.fromEntries(named) as Record<Name, string>;
    }
  }
}

/**
 * Pairs from two texts whose lines belong together, as parallel corpora have them.
 * @throws ReaderError if one text ends before the other, naming the line
 */
export async function* readLinePairs(
  first: TextSource,
  second: TextSource,
  options: { readonly first?: TextOptions; readonly second?: TextOptions } = {},
): AsyncGenerator<readonly [first: string, second: string], void, undefined> {
  const names = [nameOf(first, options.first ?? {}), nameOf(second, options.second ?? {})] as const;
  const ours = singleLines(first, options.first ?? {});
  const theirs = singleLines(second, options.second ?? {});
  try {
    for (let line = 1; ; line++) {
      const a = await ours.next();
      const b = await theirs.next();
      if (a.done === true && b.done === true) return;
      if (a.done === true || b.done === true) {
        const [shorter, longer] = a.done === true ? names : [names[1], names[0]];
        throw new ReaderError({
          file: shorter,
          line,
          message: `the text ends here, but ${longer} goes on. Lines of both must belong together, one for one.`,
        });
      }
      yield [a.value, b.value];
    }
  } finally {
    await ours.return();
    await theirs.return();
  }
}

async function* singleLines(source: TextSource, options: TextOptions): AsyncGenerator<string, void, undefined> {
  for await (const { lines } of lineBlocks(source, options)) yield* lines;
}
