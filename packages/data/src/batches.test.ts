import { Rng } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ShuffledBatchesOptions,
  anbn,
  bucketedBatches,
  copyTask,
  randomWindows,
  shuffledBatches,
  slidingWindows,
  streamSlidingWindows,
  streamTokenBatches,
  tokenBatches,
  trainValidationSplit,
} from './index.ts';

const settings = fc.record({
  items: fc
    .array(fc.nat({ max: 30 }), { maxLength: 80 })
    .map((lengths) => lengths.map((length, id) => ({ id, length }))),
  batch: fc.integer({ min: 1, max: 9 }),
  window: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(),
});
const ids = (items: readonly { id: number }[]): number[] => items.map(({ id }) => id).toSorted((a, b) => a - b);

interface Item {
  readonly id: number;
  readonly length: number;
}
type Batches = (items: readonly Item[], options: ShuffledBatchesOptions) => Iterable<Item[]>;
const kinds: [string, Batches][] = [
  ['shuffledBatches', shuffledBatches],
  [
    'bucketedBatches',
    (items, options) =>
      bucketedBatches(items, { ...options, length: (item) => item.length, window: 2 * options.batch }),
  ],
];

describe.each(kinds)('%s', (_name, batches) => {
  it('hold every item exactly once, in full batches but for one', () => {
    fc.assert(
      fc.property(settings, ({ items, batch, seed }) => {
        const all = [...batches(items, { batch, rng: new Rng(seed) })];
        expect(ids(all.flat())).toEqual(ids(items));
        const sizes = all.map((one) => one.length).toSorted((a, b) => b - a);
        expect(sizes.slice(0, -1).every((size) => size === batch)).toBe(true);
        expect(all).toHaveLength(Math.ceil(items.length / batch));
      }),
    );
  });

  it('are all full with dropLast, and no item stands twice', () => {
    fc.assert(
      fc.property(settings, ({ items, batch, seed }) => {
        const all = [...batches(items, { batch, rng: new Rng(seed), dropLast: true })];
        expect(all).toHaveLength(Math.floor(items.length / batch));
        expect(all.every((one) => one.length === batch)).toBe(true);
        expect(new Set(all.flat()).size).toBe(all.length * batch);
      }),
    );
  });

  it('are the same for the same seed, and others in the next pass', () => {
    const items = Array.from({ length: 40 }, (_, id) => ({ id, length: id % 7 }));
    const rng = new Rng(5);
    const first = [...batches(items, { batch: 4, rng })];
    expect([...batches(items, { batch: 4, rng: new Rng(5) })]).toEqual(first);
    expect([...batches(items, { batch: 4, rng })]).not.toEqual(first);
  });

  it('refuse a batch of nothing', () => {
    expect(() => [...batches([{ id: 0, length: 1 }], { batch: 0, rng: new Rng(1) })]).toThrow(/batch is 0/);
  });
});

it('bucketed batches are sorted by length inside a window, and come in random order', () => {
  const items = Array.from({ length: 64 }, (_, id) => ({ id, length: (id * 37) % 64 }));
  const batches = [...bucketedBatches(items, { batch: 4, rng: new Rng(2), length: (item) => item.length, window: 64 })];
  // One window holds everything: each batch is a run of the sorted lengths.
  for (const batch of batches) {
    const lengths = batch.map((item) => item.length);
    expect(lengths.at(-1)! - lengths[0]!).toBe(3);
  }
  const firsts = batches.map((batch) => batch[0]!.length);
  expect(firsts).not.toEqual(firsts.toSorted((a, b) => a - b));
});

it('bucketed batches need less padding than shuffled ones', () => {
  const rng = new Rng(4);
  const items = Array.from({ length: 2000 }, () => 1 + rng.integer(50));
  const padding = (batches: Iterable<number[]>): number =>
    [...batches].reduce((sum, batch) => sum + batch.reduce((rest, n) => rest + Math.max(...batch) - n, 0), 0);
  const bucketed = padding(bucketedBatches(items, { batch: 20, rng, length: (n) => n, window: 1000 }));
  expect(bucketed * 10).toBeLessThan(padding(shuffledBatches(items, { batch: 20, rng })));
});

describe('trainValidationSplit', () => {
  const fraction = fc.double({ min: 0, max: 1, noNaN: true });

  it('is a partition, by position without an rng', () => {
    fc.assert(
      fc.property(settings, fraction, ({ items }, trainFraction) => {
        const { train, validation } = trainValidationSplit(items, { trainFraction });
        expect([...train, ...validation]).toEqual(items);
        expect(train).toHaveLength(Math.floor(trainFraction * items.length));
      }),
    );
  });

  it('is a partition of random items with one, equal for equal seeds', () => {
    fc.assert(
      fc.property(settings, fraction, ({ items, seed }, trainFraction) => {
        const { train, validation } = trainValidationSplit(items, { trainFraction, rng: new Rng(seed) });
        expect(ids([...train, ...validation])).toEqual(ids(items));
        expect(train).toHaveLength(Math.floor(trainFraction * items.length));
        expect(trainValidationSplit(items, { trainFraction, rng: new Rng(seed) }).train).toEqual(train);
      }),
    );
  });

  it('cuts a text where the reference baseline does, without copying it', () => {
    const text = new Int32Array(1_115_394);
    const { train, validation } = trainValidationSplit(text, { trainFraction: 0.9 });
    expect([train.length, validation.length]).toEqual([1_003_854, 111_540]);
    expect(train.buffer).toBe(text.buffer);
  });

  it.each([NaN, -0.1, 1.1, 90])('refuses the fraction %s', (trainFraction) => {
    expect(() => trainValidationSplit([1], { trainFraction })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

it.each<[string, () => unknown, RegExp]>([
  ['shuffledBatches', () => shuffledBatches([1], { batch: 0, rng: new Rng(1) }), /batch is 0/],
  [
    'bucketedBatches',
    () => bucketedBatches([1], { batch: 1, window: 0, length: () => 1, rng: new Rng(1) }),
    /window is 0/,
  ],
  ['tokenBatches', () => tokenBatches([1], { tokens: 0, length: () => 1, rng: new Rng(1) }), /tokens is 0/],
  ['streamTokenBatches', () => streamTokenBatches([1], { tokens: 0, length: () => 1, rng: new Rng(1) }), /tokens is 0/],
  ['randomWindows', () => randomWindows(new Uint8Array(3), { batch: 1, time: 3, rng: new Rng(1) }), /needs 4 tokens/],
  ['slidingWindows', () => slidingWindows([[1]], { input: 0 }), /input is 0/],
  ['streamSlidingWindows', () => streamSlidingWindows([[1]], { input: 0 }), /input is 0/],
  ['anbn', () => anbn({ min: 2, max: 1, rng: new Rng(1) }), /from 2 to 1/],
  ['copyTask', () => copyTask({ symbols: 0, maxLength: 1, rng: new Rng(1) }), /symbols is 0/],
])('%s refuses an option that can’t be when it is called, not when it is first asked', (_, call, message) => {
  expect(call).toThrow(message);
});

it('a window of bucketed batches is of items, and rounded up to whole batches', () => {
  const items = Array.from({ length: 40 }, (_, i) => i);
  const batches = (window: number): readonly number[][] => [
    ...bucketedBatches(items, { batch: 4, window, length: (item) => item, rng: new Rng(3) }),
  ];
  expect(batches(5)).toEqual(batches(8));
  expect(batches(5)).not.toEqual(batches(4));
  expect(batches(400)).toEqual([...bucketedBatches(items, { batch: 4, length: (item) => item, rng: new Rng(3) })]);
});
