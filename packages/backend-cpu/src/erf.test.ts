import { describe, expect, it } from 'vitest';
import { erf } from './erf.ts';

// Printed by Python 3: import math; print(math.erf(x))
const VALUES: readonly (readonly [x: number, erf: number])[] = [
  [1e-300, 1.1283791670955126e-300],
  [1e-8, 1.1283791670955126e-8],
  [0.001, 0.0011283787909692365],
  [0.1, 0.1124629160182849],
  [0.3, 0.3286267594591274],
  [0.5, 0.5204998778130465],
  [0.84375, 0.7672256612323416],
  [1, 0.8427007929497149],
  [1.25, 0.9229001282564582],
  [1.5, 0.9661051464753108],
  [2, 0.9953222650189527],
  [2.4, 0.999311486103355],
  [2.5, 0.999593047982555],
  [2.6, 0.9997639655834707],
  [3, 0.9999779095030014],
  [3.5, 0.9999992569016276],
  [4, 0.9999999845827421],
  [5, 0.9999999999984626],
  [5.9, 0.9999999999999999],
  [6, 1],
];

describe('erf', () => {
  it.each(VALUES)('of %f has fifteen right digits', (x, value) => {
    expect(Math.abs(erf(x) - value) / value).toBeLessThan(1e-15);
  });

  it.each(VALUES)('of −%f is the opposite', (x) => {
    expect(erf(-x)).toBe(-erf(x));
  });

  it('reaches its limits, and keeps NaN and the sign of zero', () => {
    expect([erf(Infinity), erf(-Infinity), erf(1e308), erf(NaN), erf(0), erf(-0)]).toEqual([1, -1, 1, NaN, 0, -0]);
  });

  it('never falls, also where one formula takes over from the other', () => {
    let last = -1;
    for (let x = -6.5; x < 6.5; x += 1 / 512) {
      expect(erf(x)).toBeGreaterThanOrEqual(last);
      last = erf(x);
    }
  });
});
