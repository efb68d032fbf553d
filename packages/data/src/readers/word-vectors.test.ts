import { Rng } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { Vocabulary, readWordVectors, type WordVectors } from '../index.ts';

const vocabulary = new Vocabulary({ specials: ['pad', 'unk'], tokens: ['the', 'Cat', 'dog', 'a b'] });
const rowsOf = ({ matrix, size }: WordVectors): number[][] => {
  const data = Array.from(matrix.dataSync());
  return Array.from({ length: matrix.shape[0]! }, (_, i) => data.slice(i * size, (i + 1) * size));
};
const GLOVE = 'the 1 2\nzebra 9 9\ncat 3 -4e-1\na b 5 6\nthe 7 7\n';

it('takes the rows of the vocabulary, in the order of its ids; the first line of a word counts', async () => {
  const vectors = await readWordVectors(GLOVE, { vocabulary, dtype: 'float64' });
  expect(vectors.size).toBe(2);
  expect(rowsOf(vectors)).toEqual([
    [0, 0],
    [0, 0],
    [1, 2],
    [0, 0],
    [0, 0],
    [5, 6],
  ]);
  expect(vectors.missing).toEqual(['<pad>', '<unk>', 'Cat', 'dog']);
});

it("passes over word2vec's first line", async () => {
  const vectors = await readWordVectors(`4 2\n${GLOVE}`, { vocabulary });
  expect(rowsOf(vectors)[2]).toEqual([1, 2]);
});

it('lower case helps out, but the word itself comes first', async () => {
  const options = { vocabulary, lowercaseFallback: true, dtype: 'float64' } as const;
  expect(rowsOf(await readWordVectors(GLOVE, options))[3]).toEqual([3, -0.4]);
  expect(rowsOf(await readWordVectors(`${GLOVE}Cat 8 8\n`, options))[3]).toEqual([8, 8]);
  expect(rowsOf(await readWordVectors(`Cat 8 8\n${GLOVE}`, options))[3]).toEqual([8, 8]);
});

it('with an rng, words without a vector get one, padding none; the same seed, the same', async () => {
  const vectors = await readWordVectors(GLOVE, { vocabulary, rng: new Rng(1) });
  const [pad, unk, , cat] = rowsOf(vectors);
  expect(pad).toEqual([0, 0]);
  expect(unk).not.toEqual([0, 0]);
  expect(unk).not.toEqual(cat);
  expect(rowsOf(await readWordVectors(GLOVE, { vocabulary, rng: new Rng(1) }))).toEqual(rowsOf(vectors));
});

describe('refuses, with file and line,', () => {
  it.each([
    ['too few numbers', 'the 1 2\ncat 3\n', /^v\.txt:2: 1 numbers instead of 2/],
    ['no number', 'dog 1 2\nthe 1 x\n', /^v\.txt:2: "x" is no number/],
    ['a word alone', 'the\n', /^v\.txt:1: 0 numbers instead of 1/],
    ['an empty file', '', /^v\.txt:1: the text has no vectors/],
  ])('%s', async (_name, text, message) => {
    await expect(readWordVectors(text, { vocabulary, file: 'v.txt' })).rejects.toThrow(message);
  });
});
