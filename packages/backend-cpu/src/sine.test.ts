import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cos, sin } from './sine.ts';

/** Errors in units of the last place of the expected number. */
function units(value: number, expected: number): number {
  return Math.abs(value - expected) / 2 ** (Math.floor(Math.log2(Math.abs(expected))) - 52);
}

const everyday = fc.double({ min: -10, max: 10, noNaN: true });
const any = fc.double({ noNaN: true, noDefaultInfinity: true });
/** The numbers next to multiples of π/2, where one of the two almost vanishes. */
const turning = fc.integer({ min: 1, max: 2 ** 30 }).map((k) => (k * Math.PI) / 2);

describe('sin and cos', () => {
  it('have the digits of Math.sin and Math.cos for angles of any size', () => {
    fc.assert(
      fc.property(fc.oneof(everyday, any, turning), (x) => {
        fc.pre(Math.abs(x) > 2 ** -1022);
        expect(units(sin(x), Math.sin(x))).toBeLessThanOrEqual(2);
        expect(units(cos(x), Math.cos(x))).toBeLessThanOrEqual(2);
      }),
      { numRuns: 5000 },
    );
  });

  it('have them next to multiples of π/2 that are nearer than others', () => {
    for (const k of [14_479, 57_916, 145_897, 204_551, 263_205, 380_513, 554_999]) {
      const x = (k * Math.PI) / 2;
      expect(units(sin(x), Math.sin(x))).toBeLessThanOrEqual(2);
      expect(units(cos(x), Math.cos(x))).toBeLessThanOrEqual(2);
    }
  });

  it('lie on the unit circle, and turn by angles that are added', () => {
    fc.assert(
      fc.property(everyday, everyday, (x, y) => {
        expect(sin(x) ** 2 + cos(x) ** 2).toBeCloseTo(1, 15);
        expect(sin(x + y)).toBeCloseTo(sin(x) * cos(y) + cos(x) * sin(y), 13);
      }),
    );
  });

  it('are odd and even, exact at 0 and NaN at the ends', () => {
    fc.assert(
      fc.property(any, (x) => {
        expect(sin(-x)).toBe(-sin(x));
        expect(cos(-x)).toBe(cos(x));
      }),
    );
    expect([sin(0), sin(-0), cos(0), cos(-0)]).toEqual([0, -0, 1, 1]);
    for (const x of [Infinity, -Infinity, NaN]) expect([sin(x), cos(x)]).toEqual([NaN, NaN]);
  });

  it('are right at the double that comes nearest to a multiple of π/2', () => {
    // Muller and others, Handbook of Floating-Point Arithmetic, 2010, 11.3.
    const x = 6_381_956_970_095_103 * 2 ** 797;
    expect(cos(x)).toBe(-4.687165924254628e-19);
    expect(sin(x)).toBe(1);
  });

  it('have these bits in every engine', () => {
    expect([1, 2, 10, 1e3, 1e6, 1e22].map((x) => [sin(x), cos(x)])).toEqual([
      [0.8414709848078965, 0.5403023058681398],
      [0.9092974268256817, -0.4161468365471424],
      [-0.5440211108893698, -0.8390715290764524],
      [0.8268795405320025, 0.5623790762907029],
      [-0.34999350217129294, 0.9367521275331447],
      [-0.8522008497671888, 0.523214785395139],
    ]);
  });
});
