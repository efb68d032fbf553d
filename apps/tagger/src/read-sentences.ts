import {
  ReaderError,
  type TagScheme,
  type TextOptions,
  type TextSource,
  readConll,
  readConllu,
  repairTags,
} from '@unroll/data';
import { schemeOf } from './scheme.ts';
import type { TaggedSentence } from './sentence.ts';

/**
 * The universal parts of speech of a CoNLL-U file.
 * @throws ReaderError for a line that the format forbids, or a word without a tag
 */
export async function* readUpos(
  source: TextSource,
  options: TextOptions = {},
): AsyncGenerator<TaggedSentence, void, undefined> {
  const file = options.file ?? nameOf(source);
  for await (const { tokens, line } of readConllu(source, options)) {
    const words = tokens.map(({ form }) => form);
    const tags = tokens.map(({ form, upos }) => {
      if (upos !== null) return upos;
      const message = `in this sentence the word ${JSON.stringify(form)} has no part of speech (column 4 is _).`;
      throw new ReaderError({ file, line, message });
    });
    yield { words, tags };
  }
}

export interface ReadTagColumnsOptions extends TextOptions {
  /** Which column has the words, from 1; from the end if negative. */
  readonly wordColumn: number;
  /** Which column has the tags. */
  readonly tagColumn: number;
  /** How many columns there are. */
  readonly columns: number;
  /** Between columns. Default a tab. */
  readonly separator?: string;
}

/**
 * The tags of a file with one word a line and columns for its tags.
 * @throws ReaderError for a line with another number of columns, and an empty word or tag
 */
export async function* readTagColumns(
  source: TextSource,
  { wordColumn, tagColumn, columns, ...options }: ReadTagColumnsOptions,
): AsyncGenerator<TaggedSentence, void, undefined> {
  const at = (column: number): number => (column < 0 ? columns + column : column - 1);
  const names = Array.from({ length: columns }, (_, i) =>
    i === at(wordColumn) ? 'word' : i === at(tagColumn) ? 'tag' : null,
  );
  const file = options.file ?? nameOf(source);
  for await (const { columns: found, line } of readConll(source, { columns: names, ...options })) {
    const { word: words, tag: tags } = found;
    const empty = words.findIndex((word, i) => word.trim() === '' || tags[i]!.trim() === '');
    if (empty >= 0) {
      const message = `in this sentence the word ${empty + 1} (${JSON.stringify(words[empty])}) has the tag ${JSON.stringify(tags[empty])}: neither may be empty.`;
      throw new ReaderError({ file, line, message });
    }
    yield { words, tags };
  }
}

/**
 * The same sentences with their spans in a scheme, by default that in which they are written: IOB1 becomes BIO, and what does not fit to each
 * other is mended, so that a CRF may learn from it. Tags that are no parts of spans are left alone.
 */
export function inScheme(sentences: readonly TaggedSentence[], scheme?: TagScheme): readonly TaggedSentence[] {
  const written = schemeOf(sentences.flatMap(({ tags }) => tags));
  if (!written) return sentences;
  return sentences.map(({ words, tags }) => ({ words, tags: repairTags(tags, scheme ?? written) }));
}

function nameOf(source: TextSource): string {
  return typeof source === 'object' && 'file' in source && typeof source.file === 'string' ? source.file : 'input';
}
