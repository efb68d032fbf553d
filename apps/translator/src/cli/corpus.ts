import {
  type Alternatives,
  OptionError,
  type OptionsFor,
  UsageError,
  anyText,
  fileError,
  path,
  quote,
} from '@unroll/app-kit/cli';
import { ReaderError, type TextSource } from '@unroll/data';
import { fileSource } from '@unroll/data/node';
import { basename } from 'node:path';
import { type CorpusColumns, readParallelPairs, readTsvPairs } from '../corpus/read-pairs.ts';
import type { Pair } from '../pairs/pair.ts';

/** Files with pairs. */
export interface CorpusValues {
  readonly corpus: string | undefined;
  readonly columns: string;
  readonly source: string | undefined;
  readonly target: string | undefined;
}

export const corpusOptions: OptionsFor<CorpusValues> = {
  corpus: path({
    hint: 'file',
    help: 'UTF-8, a pair on each line with a tab between; also without --corpus; may be .gz',
  }),
  columns: anyText({
    hint: 'names',
    help: 'columns of the corpus from the left; - for one that is not needed',
    fallback: 'source,target',
  }),
  source: path({ hint: 'file', help: 'or two files: one with a sentence on each line' }),
  target: path({ hint: 'file', help: 'and one with its translations' }),
};

/** A corpus is one file or two. */
export const corpusAlternatives: Alternatives = {
  option: 'corpus',
  others: ['source', 'target'],
  why: 'A corpus is one file or two.',
};

/** Pairs of files, which are read whenever they are needed: they may be larger than the memory for them. */
export interface Corpus {
  /** For people. */
  readonly name: string;
  /** As they stand on a command line. */
  readonly arguments: readonly string[];
  /** @throws UsageError if a file is missing, empty, no UTF-8, or has other columns */
  pairs(): AsyncIterable<Pair>;
}

/**
 * The corpus of the files that were given; undefined if none were. `prefix` stands before the names of the options for two files.
 * @throws UsageError if only one of two files was given
 */
export function corpusOf({ corpus, columns, source, target }: CorpusValues, prefix = ''): Corpus | undefined {
  if (corpus !== undefined) {
    const names = columnsOf(columns);
    return {
      name: basename(corpus),
      arguments: [quote(corpus), ...(columns === corpusOptions.columns.fallback ? [] : ['--columns', quote(columns)])],
      pairs: () => checked(corpus, () => readTsvPairs(named(corpus), names)),
    };
  }
  if (source === undefined && target === undefined) return undefined;
  if (source === undefined || target === undefined) {
    const names = [`${prefix}source`, `${prefix}target`] as const;
    throw new OptionError(
      names,
      (named) => `Give both ${named(names[0])} and ${named(names[1])}: two files whose lines belong together.`,
    );
  }
  return {
    name: `${basename(source)} and ${basename(target)}`,
    arguments: ['--source', quote(source), '--target', quote(target)],
    pairs: () => checked(`${source} and ${target}`, () => readParallelPairs(named(source), named(target))),
  };
}

function columnsOf(text: string): CorpusColumns {
  const columns = text.split(',').map((name) => {
    const word = name.trim();
    if (word === 'source' || word === 'target') return word;
    if (word === '-') return null;
    throw new OptionError(
      ['columns'],
      (named) => `${named('columns')} is ${text}: a column is called source, target or -, not ${JSON.stringify(word)}.`,
    );
  });
  const times = (wanted: string): number => columns.filter((column) => column === wanted).length;
  if (times('source') === 1 && times('target') === 1) return columns;
  throw new OptionError(
    ['columns'],
    (named) => `${named('columns')} is ${text}: give source and target once each, as in source,target,-.`,
  );
}

/** A file whose errors name it, also where two are read. */
function named(file: string): TextSource & { readonly file: string } {
  return {
    file,
    async *[Symbol.asyncIterator]() {
      try {
        yield* fileSource(file);
      } catch (error) {
        throw fileError(file, error);
      }
    },
  };
}

async function* checked(files: string, read: () => AsyncIterable<Pair>): AsyncGenerator<Pair, void, undefined> {
  let isEmpty = true;
  try {
    for await (const pair of read()) {
      isEmpty = false;
      yield pair;
    }
  } catch (error) {
    throw error instanceof ReaderError ? inOptions(fileError(error.file, error)) : error;
  }
  if (isEmpty) throw new UsageError(`${files}: no pairs. No line has text on both sides.`);
}

/** What is said of columns to programs, in words of the command line. */
function inOptions(error: unknown): unknown {
  if (!(error instanceof UsageError)) return error;
  const message = error.message.replace('Name every column, with null for', 'Name every column with --columns, - for');
  return new UsageError(message, { cause: error.cause });
}
