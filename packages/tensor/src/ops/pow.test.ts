import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../create.ts';
import { double } from './testing.ts';
import { pow } from './pow.ts';

const near = (value: number, expected: number): void => {
  if (!Number.isFinite(expected) || expected === 0) expect(value + 0).toBe(expected + 0);
  else expect(Math.abs(value / expected - 1)).toBeLessThan(1e-13);
};

describe('pow', () => {
  it('is xᵖ for whole exponents and any base', () => {
    fc.assert(
      fc.property(fc.double({ min: -20, max: 20, noNaN: true }), fc.integer({ min: -12, max: 12 }), (x, p) => {
        fc.pre(Math.abs(x) > 1e-9);
        near(pow(tensor(x, double), p).item(), x ** p);
      }),
    );
  });

  it('is xᵖ for any exponent and bases from 0 on', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 20, noNaN: true }), fc.double({ min: -4, max: 4, noNaN: true }), (x, p) => {
        fc.pre(x === 0 || x > 1e-9);
        near(pow(tensor(x, double), p).item(), x ** p);
      }),
    );
    expect(pow(tensor([0, 4, 9]), 0.5).dataSync()).toEqual(Float32Array.of(0, 2, 3));
    expect(pow(tensor([0, 1]), -1.5).dataSync()).toEqual(Float32Array.of(Infinity, 1));
    expect(pow(tensor([-1]), 0.3).item()).toBeNaN();
  });

  it('keeps int32 for whole exponents from 0 on', () => {
    expect(pow(tensor([3, -2], { dtype: 'int32' }), 3).dataSync()).toEqual(Int32Array.of(27, -8));
    expect(pow(tensor([3, 0], { dtype: 'int32' }), 0).dataSync()).toEqual(Int32Array.of(1, 1));
    expect(() => pow(tensor([3], { dtype: 'int32' }), -1)).toThrow('wants float32 or float64');
  });

  it('refuses what is no exponent', () => {
    expect(() => pow(tensor([1]), NaN)).toThrow('pow: the exponent is NaN');
  });
});
