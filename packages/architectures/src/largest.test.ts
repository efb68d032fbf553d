import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Largest } from './largest.ts';

it('keeps what sorting would put first, of equal ones those that came first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 3 })), fc.integer({ min: 1, max: 9 }), (scores, count) => {
      const largest = new Largest(count);
      for (const [key, score] of scores.entries()) largest.add(score, key);
      const sorted = scores.map((score, key) => ({ score, key })).toSorted((a, b) => b.score - a.score);
      expect(largest.sorted().map(({ score, key }) => ({ score, key }))).toEqual(sorted.slice(0, count));
    }),
  );
});

it('takes nothing of −∞', () => {
  const largest = new Largest(2);
  largest.add(-Infinity, 0);
  expect(largest.sorted()).toEqual([]);
});
