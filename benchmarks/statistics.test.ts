import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agrees, mean, median, pairedRatio, quantile } from './statistics.ts';

const times = fc.array(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 });

it('a mean lies between the least and the greatest; of none it is NaN', () => {
  fc.assert(
    fc.property(times, (xs) => {
      expect(mean(xs)).toBeGreaterThanOrEqual(Math.min(...xs) * (1 - 1e-12));
      expect(mean(xs)).toBeLessThanOrEqual(Math.max(...xs) * (1 + 1e-12));
    }),
  );
  expect(mean([1, 2, 6])).toBe(3);
  expect(mean([])).toBeNaN();
});

describe('quantile', () => {
  it('lies between the least and the greatest, and grows with p', () => {
    fc.assert(
      fc.property(
        times,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (xs, p, q) => {
          const [low, high] = [quantile(xs, Math.min(p, q)), quantile(xs, Math.max(p, q))];
          expect(low).toBeGreaterThanOrEqual(Math.min(...xs));
          expect(high).toBeLessThanOrEqual(Math.max(...xs) * (1 + 1e-12));
          expect(low).toBeLessThanOrEqual(high * (1 + 1e-12));
        },
      ),
    );
  });

  it('is the middle one of an odd number, and the mean of the middle two of an even number', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2);
  });

  it('is NaN of nothing', () => {
    expect(median([])).toBeNaN();
  });
});

describe('pairedRatio', () => {
  it('is not touched by what slows a whole round down', () => {
    fc.assert(
      fc.property(times, fc.double({ min: 0.1, max: 10, noNaN: true }), (rounds, factor) => {
        const slower = rounds.map((time) => time * factor);
        expect(pairedRatio(slower, rounds)).toBeCloseTo(factor, 9);
      }),
    );
  });

  it('leaves out rounds that one of the two did not take part in', () => {
    expect(pairedRatio([2, undefined, 30], [1, 1, undefined])).toBe(2);
    expect(pairedRatio([2], [])).toBeUndefined();
  });
});

describe('agrees', () => {
  it('holds within the tolerance, for as many figures as there are', () => {
    expect(agrees([1.00001, 2], [1, 2, 3], 2e-5)).toBe(true);
    expect(agrees([1, 2.1], [1, 2, 3], 2e-5)).toBe(false);
    expect(agrees([Number.NaN], [1], 1)).toBe(false);
  });

  it('does not take no figures for a proof, nor more than are expected', () => {
    expect(agrees([], [1], 1)).toBeUndefined();
    expect(agrees([1, 2], [1], 1)).toBe(false);
  });
});
