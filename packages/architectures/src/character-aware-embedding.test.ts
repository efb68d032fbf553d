import { gradientCheck } from '@unroll/autograd';
import { Rng, type Tensor, castParameters, concat, parametersOf, tensor } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { CharacterAwareEmbedding } from './character-aware-embedding.ts';

const options = { wordCount: 5, wordSize: 3, characterCount: 6, characterSize: 2, hiddenSize: 2 };
const embedding = castParameters(new CharacterAwareEmbedding({ ...options, rng: new Rng(1) }), 'float64');
const ids = (data: readonly number[], shape: readonly number[]): Tensor =>
  tensor(Int32Array.from(data), { shape: [...shape] });
const live = (data: readonly number[], shape: readonly number[]): Tensor =>
  tensor(Float64Array.from(data), { shape: [...shape] });

function expectEqual(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.sub(expected).abs().max().item()).toBeLessThan(1e-12);
}

/** Two sentences: of two words, of 3 characters and 1, and of one word of 2. */
const words = ids([1, 2, 3, 0], [2, 2]);
const spelling = {
  tokens: ids([1, 2, 3, 4, 0, 0, 5, 1, 0, 0, 0, 0], [2, 2, 3]),
  mask: live([1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0], [2, 2, 3]),
};

it('a word is described alike alone, without padding, and among others', () => {
  const ys = embedding.forward(words, spelling);
  expect([ys.shape, embedding.outputSize]).toEqual([[2, 2, 7], 7]);
  const alone = (word: number, characters: readonly number[]): Tensor => {
    const shape = [1, 1, characters.length];
    const mask = live(
      characters.map(() => 1),
      shape,
    );
    return embedding.forward(ids([word], [1, 1]), { tokens: ids(characters, shape), mask });
  };
  const at = (row: number, time: number): Tensor => ys.slice(0, row, 1).slice(1, time, 1);
  expectEqual(at(0, 0), alone(1, [1, 2, 3]));
  expectEqual(at(0, 1), alone(2, [4]));
  expectEqual(at(1, 0), alone(3, [5, 1]));
});

it('its parts are the embedding of the word and the last states of both directions', () => {
  const ys = embedding.forward(words, spelling);
  const rows = [4, 3];
  const xs = embedding.character.forward(spelling.tokens.reshape(rows));
  const [h] = embedding.reader.forward(xs, { mask: spelling.mask.reshape(rows) });
  expectEqual(ys, concat([embedding.word.forward(words), h.reshape([2, 2, 4])], 2));
  // A word of padding has no characters.
  expect(h.slice(0, 3, 1).abs().max().item()).toBe(0);
});

it('has gradients for all its parameters', () => {
  const parameters = parametersOf(embedding);
  expect(parameters).toHaveLength(2 + 8);
  const weights = new Rng(2).normal([2, 2, 7], { dtype: 'float64' });
  const loss = (): Tensor => embedding.forward(words, spelling).mul(weights).sum();
  expect(gradientCheck(loss, parameters)).toBeLessThan(1e-7);
});
