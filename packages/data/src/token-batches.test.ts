import { Rng } from '@unroll/tensor';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { collect, streamTokenBatches, tokenBatches } from './index.ts';

const items = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 60 });
const options = fc.record({
  tokens: fc.integer({ min: 20, max: 60 }),
  window: fc.integer({ min: 1, max: 30 }),
  seed: fc.nat(),
});
const length = (item: number): number => item;
const sorted = (all: readonly number[]): number[] => all.toSorted((a, b) => a - b);

it('every item comes once, and no padded batch has more tokens than asked for', () => {
  fc.assert(
    fc.property(items, options, (all, { seed, ...each }) => {
      const batches = [...tokenBatches(all, { ...each, length, rng: new Rng(seed) })];
      expect(sorted(batches.flat())).toEqual(sorted(all));
      for (const batch of batches) expect(batch.length * Math.max(...batch)).toBeLessThanOrEqual(each.tokens);
    }),
  );
});

it('the same holds of a stream', () =>
  fc.assert(
    fc.asyncProperty(items, options, async (all, { seed, ...each }) => {
      const batches = await collect(streamTokenBatches(all, { ...each, length, rng: new Rng(seed) }));
      expect(sorted(batches.flat())).toEqual(sorted(all));
      for (const batch of batches) expect(batch.length * Math.max(...batch)).toBeLessThanOrEqual(each.tokens);
    }),
  ));

it('a stream is read no farther than a window ahead', async () => {
  let read = 0;
  function* endless(): Generator<number> {
    for (;;) yield (read++ % 9) + 1;
  }
  const batches = streamTokenBatches(endless(), { tokens: 20, length, rng: new Rng(1), window: 50 });
  for (let i = 0; i < 3; i++) await batches.next();
  expect(read).toBe(50);
  await batches.return();
});

it('the same seed gives the same batches; the next pass gives others', () => {
  const all = Array.from({ length: 100 }, (_, i) => (i % 20) + 1);
  const rng = new Rng(3);
  const pass = (from: Rng): number[][] => [...tokenBatches(all, { tokens: 40, length, rng: from })];
  const first = pass(rng);
  expect(pass(new Rng(3))).toEqual(first);
  expect(pass(rng)).not.toEqual(first);
});

it('sorting wastes little: 1,000 sentences of 1 to 40 words fill batches of 1,000 tokens to nine tenths', () => {
  const rng = new Rng(5);
  const all = Array.from({ length: 1_000 }, () => 1 + rng.integer(40));
  const batches = [...tokenBatches(all, { tokens: 1_000, length, rng })];
  const room = batches.reduce((sum, batch) => sum + batch.length * Math.max(...batch), 0);
  expect(all.reduce((sum, item) => sum + item, 0) / room).toBeGreaterThan(0.9);
});

it('refuses an item that fits into no batch', async () => {
  const each = { tokens: 20, length, rng: new Rng(1) };
  expect(() => [...tokenBatches([5, 21], each)]).toThrow(/length 21, more than the 20 tokens.*Raise tokens/);
  await expect(collect(streamTokenBatches([21], each))).rejects.toThrow(/length 21/);
  expect(() => [...tokenBatches([1], { ...each, tokens: 0 })]).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  );
});
