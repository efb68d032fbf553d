import { GruCell, StackedCells } from '@unroll/cells';
import { Embedding, Linear } from '@unroll/layers';
import { Rng, ones, tensor } from '@unroll/tensor';
import { expect, it } from 'vitest';
import * as architectures from './index.ts';
import {
  CrfTagger,
  LanguageModelCell,
  Stacked,
  attentionEncoderDecoder,
  greedy,
  languageModel,
  lstm,
  sampled,
} from './index.ts';

const rng = new Rng(1);
const cell = new LanguageModelCell({
  embedding: new Embedding({ count: 4, size: 3, rng }),
  cell: new GruCell({ inputSize: 3, hiddenSize: 3, rng }),
  output: new Linear({ inputSize: 3, outputSize: 4, rng }),
});
const model = attentionEncoderDecoder({ sourceCount: 4, targetCount: 4, embeddingSize: 3, hiddenSize: 3, rng });
const tokens = tensor(Int32Array.of(1, 2), { shape: [1, 2] });
const layer = lstm({ inputSize: 3, hiddenSize: 3, rng });

/** As plain JavaScript may call it: with arguments that the types forbid. What is made step by step, is made. */
async function called(self: object, name: string, ...args: readonly unknown[]): Promise<unknown> {
  const result: unknown = await Reflect.apply(Reflect.get(self, name) as () => unknown, self, args);
  const next: unknown = typeof result === 'object' && result !== null ? Reflect.get(result, 'next') : undefined;
  return typeof next === 'function' ? Reflect.apply(next, result, []) : result;
}

const generated = (options: object): Promise<unknown> =>
  called(architectures, 'generate', { cell, prompt: [1], length: 2, choose: greedy(), ...options });
const search = { model: languageModel({ cell }), start: 0, end: 1, maxLength: 3 };

it.each<[string, () => Promise<unknown>, string]>([
  [
    'a text for a prompt',
    () => generated({ prompt: 'ab' }),
    'generate: the prompt is no list of tokens. vocabulary.encode(text) makes one.',
  ],
  ['a tensor for a prompt', () => generated({ prompt: tokens }), 'generate: the prompt is no list of tokens.'],
  ['no way to choose', () => generated({ choose: undefined }), 'generate: choose is missing'],
  [
    'what makes a way to choose',
    () => generated({ choose: greedy }),
    'generate: choose gave a function, no token; it must give one, and without waiting. What makes it is to be called: choose: greedy().',
  ],
  ['characters for a prompt', () => generated({ prompt: ['a'] }), 'generate: element 0 of the prompt is a, no token.'],
  ['a hole in a prompt', () => generated({ prompt: [1, undefined] }), 'generate: element 1 of the prompt is undefined'],
  ['a choice that waits', () => generated({ choose: async () => 1 }), 'generate: choose gave a promise, no token'],
  ['a choice that is no number', () => generated({ choose: () => NaN }), 'generate: choose gave NaN, no token'],
  ['a choice between tokens', () => generated({ choose: () => 1.5 }), 'generate: choose gave 1.5, no token'],
  [
    'what makes a way to choose, in a decoding',
    () => called(architectures, 'decode', { ...search, choose: greedy }),
    'decode: choose gave a function, no token; it must give one',
  ],
  [
    'a choice that waits, in a decoding',
    () => called(architectures, 'decode', { ...search, choose: async () => 1 }),
    'decode: choose gave a promise, no token',
  ],
  [
    'a search without a start',
    () => called(architectures, 'beamSearch', { ...search, start: undefined, beamSize: 2 }),
    'beamSearch: start is missing',
  ],
  ['a decoding without a choice', () => called(architectures, 'decode', search), 'decode: choose is missing'],
  [
    'a translation without a model',
    () => called(architectures, 'translate', { source: { tokens } }),
    'translate: model is missing',
  ],
  [
    'a translation of a tensor',
    () => called(architectures, 'translate', { model, source: tokens, start: 0, end: 1, maxLength: 3 }),
    'translate: source.tokens is missing. Give a tensor.',
  ],
  [
    'the loss of lists',
    () => called(model, 'loss', [[1]], [[1]]),
    'EncoderDecoder.loss: source.tokens is missing. Give a tensor.',
  ],
  ['the loss of nothing', () => called(model, 'loss', { tokens }), 'EncoderDecoder.loss: target is missing'],
  [
    'the loss of two sources',
    () => called(model, 'loss', { tokens }, { tokens }),
    'EncoderDecoder.loss: target.inputs is missing. Give a tensor.',
  ],
  [
    'names for a number of tags',
    async () => Reflect.construct(CrfTagger, [{ layer, tagCount: ['O'], rng }]),
    'CrfTagger: tagCount is O; it must be a whole number',
  ],
  [
    'one layer for a stack',
    async () => Reflect.construct(Stacked, [{ layers: layer }]),
    'Stacked: the layers are no list. One alone goes into a list, too.',
  ],
  [
    'one cell for a stack',
    async () => Reflect.construct(StackedCells, [{ cells: cell }]),
    'StackedCells: the cells are no list. One alone goes',
  ],
])('%s is an error with a remedy', async (_, call, message) => {
  await expect((async () => call())()).rejects.toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
  );
});

it('what belongs there is taken', async () => {
  for (const choose of [greedy(), sampled({ rng })])
    for (const prompt of [[1], Int32Array.of(1)]) await generated({ prompt, choose });
  expect(model.loss({ tokens }, { inputs: tokens, targets: tokens, mask: ones([1, 2]) }).shape).toEqual([]);
});

it('a token that there is not can’t be chosen', async () => {
  await expect(called(architectures, 'decode', { ...search, choose: () => 4 })).rejects.toThrow(
    expect.objectContaining({
      code: 'INDEX_OUT_OF_RANGE',
      message: 'decode: choose gave token 4 of 4; they count from 0.',
    }),
  );
});
