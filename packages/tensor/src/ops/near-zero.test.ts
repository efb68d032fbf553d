import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../create.ts';
import { expm1, log1p } from './near-zero.ts';

const relative = (value: number, expected: number): number =>
  value === expected ? 0 : Math.abs(value - expected) / Math.abs(expected);
const small = fc
  .tuple(fc.double({ min: -290, max: 0, noNaN: true }), fc.boolean())
  .map(([e, n]) => (n ? -1 : 1) * 0.99 * 10 ** e);

describe.each([
  ['log1p', log1p, Math.log1p, fc.double({ min: -0.999, max: 1e300, noNaN: true })],
  ['expm1', expm1, Math.expm1, fc.double({ min: -700, max: 700, noNaN: true })],
] as const)('%s', (_name, op, expected, wide) => {
  it('has all digits near 0 and far from it', () => {
    fc.assert(
      fc.property(fc.oneof(small, wide), (x) => {
        // Below the smallest normal number digits are lost in any case.
        fc.pre(x === 0 || Math.abs(x) > 1e-300);
        expect(relative(op(tensor(Float64Array.of(x))).item(), expected(x))).toBeLessThan(2e-15);
        const single = Math.fround(x);
        const wanted = Math.fround(expected(single));
        if (Math.abs(wanted) < 2 ** -120 || !Number.isFinite(wanted)) return;
        expect(relative(op(tensor([x])).item(), wanted)).toBeLessThan(6e-7);
      }),
      { numRuns: 1000 },
    );
  });

  it('is that of Math at the ends of the range', () => {
    const ends = [-Infinity, -2, -1, 0, Infinity, NaN];
    expect([...op(tensor(Float64Array.from(ends))).dataSync()].map((x) => x + 0)).toEqual(ends.map((x) => expected(x)));
  });
});
