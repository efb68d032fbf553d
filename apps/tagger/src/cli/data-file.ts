import {
  type DataIdentity,
  type NoEffect,
  OptionError,
  type OptionsFor,
  UsageError,
  checkRereadable,
  choice,
  fileError,
  integer,
} from '@unroll/app-kit/cli';
import { type TextSource, collect } from '@unroll/data';
import { fileSource, readFileLines } from '@unroll/data/node';
import { Rng } from '@unroll/tensor';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { englishCorpus } from '../english/sentences.ts';
import { readTagColumns, readUpos } from '../read-sentences.ts';
import type { TaggedSentence } from '../sentence.ts';

/** How a file with tags is read. */
export interface FormatValues {
  readonly format: 'auto' | 'conllu' | 'conll';
  readonly 'word-column': number;
  readonly 'tag-column': number;
}

const column = { hint: 'n', min: -64, max: 64 };

export const formatOptions: OptionsFor<FormatValues> = {
  format: choice({
    words: ['auto', 'conllu', 'conll'],
    help: 'conllu: parts of speech of CoNLL-U; conll: one word a line, and columns for its tags; auto: by the name',
    fallback: 'auto',
  }),
  'word-column': integer({ ...column, help: 'of conll: where words are, from 1', fallback: '1' }),
  'tag-column': integer({ ...column, help: 'of conll: where tags are; -1 is the last column', fallback: '-1' }),
};

export const formatNoEffect: readonly NoEffect<FormatValues>[] = [
  { options: ['word-column', 'tag-column'], where: { format: 'conllu' } },
];

/** Sentences with tags, and where they are from. */
export interface TagData {
  /** For people. */
  readonly name: string;
  /** As the user gave it; undefined for the built-in sentences. */
  readonly path: string | undefined;
  readonly sentences: readonly TaggedSentence[];
}

/** The built-in sentences, always the same. */
export function builtIn(): ReturnType<typeof englishCorpus> {
  return englishCorpus({ rng: new Rng(1), train: 3000, validation: 500, test: 1000 });
}

/**
 * The sentences of a file; `.gz` is decompressed.
 * @throws UsageError if it is missing, a folder, empty, not UTF-8, or not of the format
 */
export async function readTagData(path: string, values: FormatValues): Promise<TagData> {
  try {
    const sentences = await collect(await readerOf(path, values));
    if (sentences.length > 0) return { name: basename(path), path, sentences };
  } catch (error) {
    throw inOptions(fileError(path, error));
  }
  throw new UsageError(`${path} is empty. Give a file with sentences.`);
}

export function identityOf({ name, sentences }: TagData): DataIdentity {
  const text = JSON.stringify(sentences);
  return { name, length: text.length, sha256: createHash('sha256').update(text).digest('hex') };
}

/**
 * The same as `formatNoEffect`, where the names of the files tell what they are.
 * @throws UsageError if columns are named, and no file has any
 */
export function checkColumns(files: readonly (string | undefined)[], values: FormatValues): void {
  const given = files.filter((path) => path !== undefined);
  if (given.length === 0 || !given.every((path) => isConllu(path, values))) return;
  for (const name of ['word-column', 'tag-column'] as const) {
    if (values[name] === Number(formatOptions[name].fallback)) continue;
    throw new OptionError(
      [name],
      (named) => `${named(name)} has no effect where ${given.join(' and ')} is CoNLL-U. Leave it out.`,
    );
  }
}

function isConllu(path: string, { format }: FormatValues): boolean {
  return format === 'auto' ? /\.conllu(\.gz)?$/.test(path) : format === 'conllu';
}

async function readerOf(path: string, values: FormatValues): Promise<AsyncIterable<TaggedSentence>> {
  const source = fileSource(path);
  if (isConllu(path, values)) return readUpos(source);
  await checkRereadable(path);
  const first = await firstRow(path);
  const separator = first.includes('\t') ? '\t' : ' ';
  const columns = first.split(separator).length;
  const [wordColumn, tagColumn] = [values['word-column'], values['tag-column']];
  const [word, tag] = [wordColumn, tagColumn].map((at) => (at < 0 ? columns + at + 1 : at)) as [number, number];
  if (columns >= 2 && word >= 1 && word <= columns && tag >= 1 && tag <= columns && word !== tag) {
    const lines = separator === ' ' ? singleSpaced(path) : source;
    return readTagColumns(lines, { wordColumn, tagColumn, columns, separator });
  }
  throw new OptionError(
    ['word-column', 'tag-column'],
    (named) =>
      `${path} has ${columns} column(s) (${JSON.stringify(first.slice(0, 60))}), divided by tabs or spaces; there are no words in ` +
      `column ${wordColumn} and tags in column ${tagColumn}. Name others with ${named('word-column')} and ${named('tag-column')}.`,
  );
}

/** Columns that are lined up by several spaces, or have some behind them, are columns all the same. */
function singleSpaced(path: string): TextSource & { readonly file: string } {
  return {
    file: path,
    async *[Symbol.asyncIterator]() {
      for await (const line of readFileLines(path)) yield `${singleSpacedLine(line)}\n`;
    },
  };
}

function singleSpacedLine(line: string): string {
  return line.replaceAll(/ +/g, ' ').replace(/ $/, '');
}

/** What is said of columns to programs, in words of the command line. */
function inOptions(error: unknown): unknown {
  if (!(error instanceof UsageError) || error instanceof OptionError) return error;
  const message = error.message
    .replace(/pass separator: .*$/s, 'use one of them in the whole file.')
    .replace(/Name every column, with null for .*$/s, 'The first line tells how many there are. Mend the line.');
  return new UsageError(message, { cause: error.cause });
}

/** The first line with a word. */
async function firstRow(path: string): Promise<string> {
  for await (const line of readFileLines(path)) {
    if (line.trim() !== '' && !line.startsWith('-DOCSTART-'))
      return line.includes('\t') ? line : singleSpacedLine(line);
  }
  throw new UsageError(`${path} is empty. Give a file with sentences.`);
}
