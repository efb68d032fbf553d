import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PackedPairs } from './packed-pairs.ts';

const pairs = (most: number): fc.Arbitrary<{ source: number[]; target: number[] }[]> => {
  const ids = fc.array(fc.integer({ min: 0, max: most - 1 }), { maxLength: 40 });
  return fc.array(fc.record({ source: ids, target: ids }), { maxLength: 200 });
};

it.each([2 ** 16, 2 ** 31 - 1])('packed pairs are the pairs, of up to %d tokens', (size) => {
  fc.assert(
    fc.property(pairs(size), (given) => {
      const packed = new PackedPairs({ size });
      for (const pair of given) packed.add(pair);
      expect(packed.length).toBe(given.length);
      for (const [i, { source, target }] of given.entries()) {
        const found = packed.at(i);
        expect([Array.from(found.source), Array.from(found.target)]).toEqual([source, target]);
      }
    }),
  );
});
