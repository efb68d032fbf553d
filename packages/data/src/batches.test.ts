import { Rng } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ShuffledBatchesOptions, bucketedBatches, shuffledBatches, trainValidationSplit } from './index.ts';

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
    (items, options) => bucketedBatches(items, { ...options, length: (item) => item.length, window: 2 }),
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
  const batches = [...bucketedBatches(items, { batch: 4, rng: new Rng(2), length: (item) => item.length, window: 16 })];
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
  const bucketed = padding(bucketedBatches(items, { batch: 20, rng, length: (n) => n, window: 50 }));
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
