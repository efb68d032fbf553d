import { type OptionsFor, UsageError, anyText, path } from '@unroll/app-kit/cli';
import { fileSource } from '@unroll/data/node';
import { UnrollError } from '@unroll/tensor';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type CorpusColumns, readParallelPairs, readTsvPairs } from '../corpus/read-pairs.ts';
import { type Pair, type Parts, partOf } from '../pairs/pair.ts';

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

/** Pairs of files, with a name for people. */
export interface Corpus {
  readonly name: string;
  readonly pairs: readonly Pair[];
}

/**
 * The pairs in the files that were given; undefined if none were.
 * @throws UsageError if a file is missing, empty, no UTF-8, or has other columns
 */
export async function readCorpus({ corpus, columns, source, target }: CorpusValues): Promise<Corpus | undefined> {
  if (corpus !== undefined) {
    if (source !== undefined || target !== undefined) {
      throw new UsageError(`Both ${corpus} and --source or --target are given. A corpus is one file or two.`);
    }
    const names = columnsOf(columns);
    return read(corpus, () => readTsvPairs(fileSource(corpus), names));
  }
  if (source === undefined && target === undefined) return undefined;
  if (source === undefined || target === undefined) {
    throw new UsageError('Give both --source and --target: two files whose lines belong together.');
  }
  const files = `${source} and ${target}`;
  return read(files, () => readParallelPairs(fileSource(source), fileSource(target)));
}

/**
 * The parts of a corpus: by the text of each source, as for built-in data, so that a source that occurs often is in one part only. Where there is a
 * validation corpus, all is trained on.
 */
export function partsOf({ pairs }: Corpus, validation: Corpus | undefined): Parts {
  if (validation) return { train: pairs, validation: validation.pairs, test: [] };
  const inPart = (part: keyof Parts): readonly Pair[] => pairs.filter(({ source }) => partOf(source) === part);
  return { train: inPart('train'), validation: inPart('validation'), test: inPart('test') };
}

/** What data are told by. */
export function hashOf(pairs: readonly Pair[]): { readonly length: number; readonly sha256: string } {
  const hash = createHash('sha256');
  let length = 0;
  for (const { source, target } of pairs) {
    hash.update(`${source}\t${target}\n`);
    length += source.length + target.length;
  }
  return { length, sha256: hash.digest('hex') };
}

function columnsOf(text: string): CorpusColumns {
  const columns = text.split(',').map((name) => {
    const word = name.trim();
    if (word === 'source' || word === 'target') return word;
    if (word === '-') return null;
    throw new UsageError(`--columns is ${text}: a column is called source, target or -, not ${JSON.stringify(word)}.`);
  });
  const times = (wanted: string): number => columns.filter((column) => column === wanted).length;
  if (times('source') === 1 && times('target') === 1) return columns;
  throw new UsageError(`--columns is ${text}: give source and target once each, as in source,target,-.`);
}

async function read(files: string, pairs: () => Promise<readonly Pair[]>): Promise<Corpus> {
  const name = files
    .split(' and ')
    .map((file) => basename(file))
    .join(' and ');
  try {
    const found = await pairs();
    if (found.length > 0) return { name, pairs: found };
  } catch (error) {
    if (error instanceof UnrollError) throw new UsageError(error.message, { cause: error });
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UsageError(`There is no file ${path}.`, { cause: error });
    if (code === 'EISDIR') throw new UsageError(`${files}: this is a folder. Give a text file.`, { cause: error });
    throw error;
  }
  throw new UsageError(`${files}: no pairs. The file is empty, or has nothing but empty lines.`);
}
