import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../create.ts';
import type { Tensor } from '../tensor.ts';
import { ceil, floor, remainder, round, sign } from './rounding.ts';

/** To the nearest, of two the even one. */
function nearestEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest > 0.5 ? below + 1 : below;
  return below % 2 === 0 ? below : below + 1;
}

const pairs: readonly (readonly [string, (x: Tensor) => Tensor, (x: number) => number])[] = [
  ['floor', floor, Math.floor],
  ['ceil', ceil, Math.ceil],
  ['round', round, nearestEven],
  ['sign', sign, Math.sign],
];
/** Anything, halves, and numbers about those from which on there are no digits after the point. */
const numbers = fc.oneof(
  fc.double(),
  fc.double({ min: -100, max: 100 }),
  fc.integer({ min: -99, max: 99 }).map((x) => x / 2),
  fc
    .tuple(fc.constantFrom(22, 23, 24, 31, 32, 51, 52, 53), fc.integer({ min: -9, max: 9 }))
    .map(([e, k]) => 2 ** e + k / 4),
);

describe.each(pairs)('%s', (_name, op, expected) => {
  it('is that of every number, in float64 and in float32', () => {
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 1 }), (list) => {
        const signed = [...list, ...list.map((x) => -x)];
        // + 0: the sign of 0 is lost.
        expect([...op(tensor(Float64Array.from(signed))).dataSync()]).toEqual(signed.map((x) => expected(x) + 0));
        const single = Float32Array.from(signed);
        expect([...op(tensor(single)).dataSync()]).toEqual([...single].map((x) => expected(x) + 0));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves int32 in int32', () => {
    const result = op(tensor([3, -2, 0], { dtype: 'int32' }));
    expect(result.dataSync()).toEqual(Int32Array.from([3, -2, 0], expected));
  });
});

describe('remainder', () => {
  it('is where x stands within a period, whatever the signs', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -100, max: 100, noNaN: true }),
        fc.double({ min: 0.1, max: 9, noNaN: true }),
        fc.boolean(),
        (x, period, negative) => {
          const by = negative ? -period : period;
          const rest = remainder(tensor(Float64Array.of(x)), by).item();
          expect(rest / by).toBeGreaterThan(-1e-9);
          expect(rest / by).toBeLessThan(1 + 1e-9);
          const turns = (x - rest) / by;
          expect(Math.abs(turns - Math.round(turns))).toBeLessThan(1e-9);
        },
      ),
    );
    expect(remainder(tensor([-7, 7, -0.5]), tensor([[3], [-3]])).dataSync()).toEqual(
      Float32Array.of(2, 1, 2.5, -1, -2, -0.5),
    );
  });
});
