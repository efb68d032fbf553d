import { Linear, meanSquaredError } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { Rng, ones, parametersOf, zeros } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { findLearningRate, fit, loadCheckpoint, memoryStore, predict, shuffledSource } from './index.ts';

const rng = new Rng(1);
const model = new Linear({ inputSize: 1, outputSize: 1, rng });
const items = [1, 2, 3];
const usual = {
  model,
  source: shuffledSource(items, { batch: 1, rng }),
  loss: () => ({ loss: meanSquaredError(model.forward(ones([1, 1])), zeros([1, 1])) }),
  steps: 1,
  rng,
};

/** Trains as plain JavaScript may ask for it: with options that the types forbid. */
async function trained(options: object): Promise<void> {
  const run = Reflect.apply(fit, undefined, [{ ...usual, ...options }]) as ReturnType<typeof fit>;
  for await (const _ of run);
}

function* batches(): Generator<number[]> {
  yield [1];
}

it.each<[string, object, string]>([
  [
    'a list for the source',
    { source: items },
    'fit: the source is none: it needs next(), state() and restore(). shuffledSource(items',
  ],
  ['a generator for the source', { source: batches() }, 'fit: the source is none'],
  [
    'a class for the optimizer',
    { optimizer: Adam },
    'fit: the optimizer is none. Give one, as new Adam({ parameters: parametersOf(model) }).',
  ],
  ['a name for the optimizer', { optimizer: 'adam' }, 'fit: the optimizer is none'],
  [
    'a number for the schedule',
    { schedule: 0.1 },
    'fit: the schedule is 0.1; it must be a function of the step. A rate that stays is',
  ],
  [
    'the controller for its signal',
    { signal: new AbortController() },
    'fit: the signal is none. Give that of an AbortController',
  ],
  [
    'a path to resume',
    { resume: 'checkpoints' },
    'fit: resume is no checkpoint. Give what is in the store: await loadCheckpoint(store).',
  ],
  ['a promise to resume', { resume: loadCheckpoint(memoryStore()) }, 'fit: resume is no checkpoint'],
  [
    'a path for a store',
    { checkpoints: { every: 1, store: 'folder' } },
    'fit: the store is none. Make one: memoryStore()',
  ],
  ['no store', { checkpoints: { every: 1 } }, 'fit: checkpoints.store is missing'],
  [
    'a tensor for a validation',
    { validation: { every: 1, run: () => ones([]) } },
    'fit: the validation after step 1 gave no number.',
  ],
  [
    'a validation that returns nothing',
    { validation: { every: 1, run: () => undefined } },
    'fit: the validation after step 1 gave no number. Give one, or { loss, metrics }',
  ],
  [
    'a validation that gives null',
    { validation: { every: 1, run: async () => null } },
    'fit: the validation after step 1 gave no number.',
  ],
])('%s is an error with a remedy', async (_, options, message) => {
  await expect(trained(options)).rejects.toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
  );
});

it('trains with what is usual, and with what stands for nothing', async () => {
  const optimizer = new Adam({ parameters: parametersOf(model) });
  await trained({ optimizer, signal: new AbortController().signal, schedule: () => 0.1, resume: undefined });
  expect(optimizer.stepsTaken).toBe(1);
});

it('a promise for what forward gives is an error with a remedy', async () => {
  const forward = async (): Promise<object> => ones([1]);
  const predicted = Reflect.apply(predict, undefined, [items, { batch: 1, forward }]) as Promise<unknown>;
  await expect(predicted).rejects.toThrow('predict: what forward gave is an object (Promise), no tensor.');
});

it.each([
  ['a tensor', ones([3])],
  ['a set', new Set(items)],
])('%s for the items of a prediction is an error with a remedy', async (_, given) => {
  const forward = (some: readonly number[]): object => ones([some.length]);
  const predicted = Reflect.apply(predict, undefined, [given, { batch: 1, forward }]) as Promise<unknown>;
  await expect(predicted).rejects.toThrow('predict: the items are no list. Array.from(items) makes one');
});

it.each<[string, object, string]>([
  ['a list for the source', { source: items }, 'findLearningRate: the source is none: it needs next()'],
  ['a class for the optimizer', { optimizer: Adam }, 'findLearningRate: the optimizer is none. Give one, as new Adam('],
])('of a search for a rate, %s is an error with a remedy', async (_, options, message) => {
  const found = Reflect.apply(findLearningRate, undefined, [{ ...usual, steps: 2, ...options }]) as Promise<unknown>;
  await expect(found).rejects.toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
  );
});
