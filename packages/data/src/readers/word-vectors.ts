import { type DType, type TypedArray, allocate, checkGiven } from '@unroll/backend';
import { type Rng, type Tensor, tensor } from '@unroll/tensor';
import type { Vocabulary } from '../vocabulary.ts';
import { lineBlocks } from '../text/lines.ts';
import { ReaderError } from '../text/reader-error.ts';
import { type TextOptions, type TextSource, nameOf } from '../text/source.ts';

export interface ReadWordVectorsOptions extends TextOptions {
  /** Whose tokens are looked for; all other lines are passed over. */
  readonly vocabulary: Vocabulary;
  /** Draws the rows of tokens that the file does not have, from the distribution of those that it has. Default: such rows are 0. */
  readonly rng?: Rng;
  /** Gives a token that the file does not have the vector of its lower-case form. Default false. */
  readonly lowercaseFallback?: boolean;
  /** Default float32. */
  readonly dtype?: DType;
}

/** Vectors for a vocabulary, for an `Embedding`: `initializer: () => vectors.matrix`. */
export interface WordVectors {
  /** [vocabulary.size, size], in the order of ids. The row of `<pad>` is 0. */
  readonly matrix: Tensor;
  /** Elements of a vector. */
  readonly size: number;
  /** The tokens without a vector in the file, in the order of ids. */
  readonly missing: readonly string[];
}

/**
 * Word vectors in text, one word a line and its numbers after it, as GloVe and word2vec write them (word2vec's first line, two counts, is
 * recognised). Memory holds the vocabulary's rows alone, however long the file. The first of several lines for one word counts.
 * @throws ReaderError for a line with more or fewer numbers than the first, and for what is no number
 */
export async function readWordVectors(source: TextSource, options: ReadWordVectorsOptions): Promise<WordVectors> {
  const { vocabulary, rng, lowercaseFallback = false, dtype = 'float32', ...text } = options;
  checkGiven('readWordVectors', { vocabulary });
  const wanted = idsByWord(vocabulary, lowercaseFallback);
  const exact = new Set<number>();
  const found = new Set<number>();
  const file = nameOf(source, text);
  let size = 0;
  let rows = allocate(dtype, 0);
  for await (const { lines, first } of lineBlocks(source, text)) {
    for (const [i, line] of lines.entries()) {
      const number = first + i;
      if (line === '' || (number === 1 && /^\d+ \d+\s*$/.test(line))) continue;
      const cells = line.trimEnd().split(' ');
      if (size === 0) {
        size = cells.length - 1;
        rows = allocate(dtype, vocabulary.size * size);
      }
      if (size < 1 || cells.length < size + 1) {
        const message = `${cells.length - 1} numbers instead of ${Math.max(size, 1)}. A line is a word and its vector, between single spaces.`;
        throw new ReaderError({ file, line: number, message });
      }
      // A few words of the largest GloVe file contain spaces.
      const word = cells.slice(0, cells.length - size).join(' ');
      for (const { id, isExact } of wanted.get(word) ?? []) {
        if (exact.has(id) || (found.has(id) && !isExact)) continue;
        rows.set(numbers(file, number, cells.slice(-size)), id * size);
        found.add(id);
        if (isExact) exact.add(id);
      }
    }
  }
  if (size === 0) throw new ReaderError({ file, line: 1, message: 'the text has no vectors.' });
  const missing = Array.from({ length: vocabulary.size }, (_, id) => id).filter((id) => !found.has(id));
  if (rng) draw(rows, { rng, size, found, missing: missing.filter((id) => !isPadding(vocabulary, id)) });
  return {
    matrix: tensor(rows, { shape: [vocabulary.size, size] }),
    size,
    missing: missing.map((id) => vocabulary.tokenOf(id)),
  };
}

interface Wanted {
  readonly id: number;
  /** False if the word is only the lower-case form of the token. */
  readonly isExact: boolean;
}

function idsByWord(vocabulary: Vocabulary, lowercaseFallback: boolean): ReadonlyMap<string, readonly Wanted[]> {
  const ids = new Map<string, Wanted[]>();
  const add = (word: string, wanted: Wanted): void => {
    const list = ids.get(word);
    if (list) list.push(wanted);
    else ids.set(word, [wanted]);
  };
  for (let id = 0; id < vocabulary.size; id++) {
    const token = vocabulary.tokenOf(id);
    add(token, { id, isExact: true });
    if (lowercaseFallback && token.toLowerCase() !== token) add(token.toLowerCase(), { id, isExact: false });
  }
  return ids;
}

function numbers(file: string, line: number, cells: readonly string[]): number[] {
  return cells.map((cell) => {
    const value = cell === '' ? NaN : Number(cell);
    if (Number.isFinite(value)) return value;
    throw new ReaderError({
      file,
      line,
      message: `${JSON.stringify(cell)} is no number. A line is a word and its vector, between single spaces.`,
    });
  });
}

/** N(mean, deviation) of the rows that were found, so that the others are of like length. */
function draw(
  rows: TypedArray,
  { rng, size, found, missing }: { rng: Rng; size: number; found: ReadonlySet<number>; missing: readonly number[] },
): void {
  let [sum, squares] = [0, 0];
  for (const id of found) {
    for (let i = id * size; i < (id + 1) * size; i++) {
      sum += rows[i]!;
      squares += rows[i]! ** 2;
    }
  }
  const count = found.size * size;
  const mean = count === 0 ? 0 : sum / count;
  const deviation = count === 0 ? 1 : Math.sqrt(Math.max(0, squares / count - mean ** 2));
  for (const id of missing) {
    for (let i = id * size; i < (id + 1) * size; i++) rows[i] = mean + deviation * rng.nextNormal();
  }
}

function isPadding(vocabulary: Vocabulary, id: number): boolean {
  return vocabulary.specials.includes('pad') && id === vocabulary.padId;
}
