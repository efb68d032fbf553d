import { Rng, ones, tensor } from '@unroll/tensor';
import { expect, it } from 'vitest';
import * as data from './index.ts';
import { TokenCounter, Vocabulary } from './index.ts';

/** As plain JavaScript may call it: with arguments that the types forbid. */
const called = (self: object, name: string, ...args: readonly unknown[]): unknown =>
  Reflect.apply(Reflect.get(self, name) as () => unknown, self, args);

const vocabulary = Vocabulary.fromTokens(['a', 'b'], { specials: ['bos', 'eos'] });
const ids = tensor(Int32Array.of(0, 1));

it.each<[string, () => unknown, string]>([
  [
    'sequences for tokens',
    () => called(Vocabulary, 'fromTokens', [['a'], ['b']]),
    'Vocabulary: a token is a list, no string. Sequences of tokens are counted by Vocabulary.fromSequences.',
  ],
  [
    'sequences for the tokens of a new vocabulary',
    () => Reflect.construct(Vocabulary, [{ tokens: [['a']] }]),
    'Vocabulary: a token is a list, no string.',
  ],
  ['numbers for tokens', () => called(new TokenCounter(), 'add', [1]), 'a token is 1, no string. Tokens are'],
  [
    'the token of a special for its name',
    () => called(Vocabulary, 'fromTokens', ['a'], { specials: ['<pad>'] }),
    'Vocabulary: there is no special "<pad>". There are pad, unk, bos, eos.',
  ],
  [
    'a tensor for ids',
    () => called(vocabulary, 'decode', ids),
    'the ids are an object (Tensor), no list. A tensor gives its numbers by',
  ],
  ['nothing for ids', () => called(vocabulary, 'decode'), 'the ids are undefined, no list.'],
  [
    'one text for sequences',
    () => called(vocabulary, 'encodeTargets', 'ab'),
    'the sequences are a text, no list. One alone goes into a list',
  ],
  [
    'one text for a batch',
    () => called(vocabulary, 'encodeBatch', 'ab'),
    'the sequences are a text, no list. One alone',
  ],
  [
    'one text for nested sequences',
    () => called(vocabulary, 'encodeNestedBatch', 'ab'),
    'the sequences are a text, no list. One alone',
  ],
  [
    'texts for nested sequences',
    () => called(vocabulary, 'encodeNestedBatch', ['ab']),
    'the sequences of a sequence are a text, no list. One alone',
  ],
  [
    'one sequence to pad',
    () => called(data, 'pad', [1, 2]),
    'pad: sequence 0 is 1, no list. One alone goes into a list, too.',
  ],
  [
    'tensors to pad',
    () => called(data, 'pad', [ids]),
    'pad: sequence 0 is an object (Tensor), no list. A sequence is a list of integers.',
  ],
  ['a tensor to pad', () => called(data, 'pad', ones([2, 3])), 'pad: the sequences are an object (Tensor), no list.'],
  [
    'a text for streams',
    () => called(data, 'languageModelStreams', 'some text', { batch: 1, time: 2 }),
    'languageModelStreams: the tokens are a text, no array of ids as Int32Array; vocabulary.encode(text) makes one.',
  ],
  [
    'a tensor for items',
    () => called(data, 'shuffledBatches', ones([3]), { batch: 1, rng: new Rng(1) }),
    'shuffledBatches: the items are an object (Tensor), no list. Array.from(items) makes one',
  ],
  [
    'a set for items',
    () => called(data, 'bucketedBatches', new Set([[1]]), { batch: 1, rng: new Rng(1), length: () => 1 }),
    'bucketedBatches: the items are an object (Set), no list.',
  ],
  [
    'nothing for items',
    () => called(data, 'tokenBatches', undefined, { tokens: 1, rng: new Rng(1), length: () => 1 }),
    'tokenBatches: the items are undefined, no list.',
  ],
  [
    'a list for windows',
    () => called(data, 'randomWindows', [1, 2, 3, 4], { batch: 1, time: 2, rng: new Rng(1) }),
    'randomWindows: the tokens are a list, no array of ids as Int32Array; Int32Array.from(ids) makes one of a list.',
  ],
  [
    'ids for a tensor',
    () => called(data, 'oneHot', [1], 3),
    'oneHot: indices is an array, no tensor. Make a tensor of it',
  ],
  [
    'numbers for rows',
    () => called(data, 'fitStandardScaler', [1, 2]),
    'ScalerFit: a row is 1, no list of features. A single feature is [x].',
  ],
  [
    'tensors for rows',
    () => called(data, 'fitMinMaxScaler', [ids]),
    'ScalerFit: a row is an object (Tensor), no list of features.',
  ],
  [
    'nothing for a row',
    () => called(data, 'fitMinMaxScaler', [null]),
    'ScalerFit: a row is null, no list of features.',
  ],
])('%s is an error with a remedy', (_, call, message) => {
  expect(call).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
  );
});

it('rows of unlike lengths can’t be scaled', () => {
  expect(() => data.fitMinMaxScaler([[1, 2], [3]])).toThrow(
    expect.objectContaining({
      code: 'SHAPE_MISMATCH',
      message: expect.stringContaining('a row has 1 features, those before 2'),
    }),
  );
});
