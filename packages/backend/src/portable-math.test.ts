import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { portableCosPi, portableExp, portableLog, portablePow } from './portable-math.ts';

function isNear(actual: number, expected: number, relative: number, absolute = 0): boolean {
  return Object.is(actual, expected) || Math.abs(actual - expected) <= relative * Math.abs(expected) + absolute;
}

describe('portableExp', () => {
  it('is that of the engine, up to rounding', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 709, noNaN: true }), (x) => isNear(portableExp(x), Math.exp(x), 1e-15)),
    );
  });

  it.each([0, -0, -Infinity, Infinity, NaN, -800, 720, -1e308, 1e308])('of %d is exact', (x) => {
    expect(portableExp(x)).toBe(Math.exp(x));
  });

  it('has the last numbers that there are', () => {
    expect(isNear(portableExp(-745), Math.exp(-745), 0, 5e-324)).toBe(true);
    expect(isNear(portableExp(709.7), Math.exp(709.7), 1e-15)).toBe(true);
  });
});

describe('portableLog', () => {
  it('is that of the engine, up to rounding', () => {
    fc.assert(
      fc.property(fc.double({ min: 5e-324, max: 1.7e308, noNaN: true }), (x) =>
        isNear(portableLog(x), Math.log(x), 1e-15, 1e-16),
      ),
    );
  });

  it.each([0, 1, -1, Infinity, -Infinity, NaN])('of %d is exact', (x) => {
    expect(portableLog(x)).toBe(Math.log(x));
  });
});

describe('portablePow', () => {
  it('is that of the engine for whole exponents, up to rounding', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 1, noNaN: true }), fc.nat(1000), (base, exponent) =>
        isNear(portablePow(base, exponent), base ** exponent, 1e-12, 1e-300),
      ),
    );
  });

  it('is that of the engine for other exponents, up to rounding', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-300, max: 1e300, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (base, exponent) => isNear(portablePow(base, exponent), base ** exponent, 1e-12),
      ),
    );
  });

  it.each([
    [0, 0],
    [0, 0.5],
    [0, 2],
    [1, 1e9],
    [2, -3],
    [2, 1023],
    [-2, 3],
    [-2, 0.5],
    [NaN, 0.5],
    [Infinity, 0.5],
    [5e-324, 1],
    [0.5, Infinity],
  ])('%d to the %d is exact', (base, exponent) => {
    expect(portablePow(base, exponent)).toBe(base ** exponent);
  });

  it('has these bits in every engine', () => {
    expect([
      portablePow(0.9, 7),
      portablePow(0.999, 1000),
      portablePow(0.999, 12345),
      portablePow(0.96, 0.004),
      portablePow(0.3, 1.7),
    ]).toEqual([
      0.47829690000000014, 0.36769542477096695, 0.00000432466179602611, 0.9998367253526753, 0.1291534860749803,
    ]);
  });
});

describe('portableCosPi', () => {
  it('is cos πx, up to rounding', () => {
    fc.assert(
      fc.property(fc.double({ min: -4, max: 4, noNaN: true }), (x) =>
        isNear(portableCosPi(x), Math.cos(Math.PI * x), 0, 3e-15),
      ),
    );
  });

  it('is exact where it is a whole number, and even', () => {
    expect([-1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 101].map((x) => portableCosPi(x) + 0)).toEqual([
      0, -1, 0, 1, 0, -1, 0, 1, -1,
    ]);
    fc.assert(fc.property(fc.double({ min: 0, max: 9, noNaN: true }), (x) => portableCosPi(-x) === portableCosPi(x)));
  });

  it('has these bits in every engine', () => {
    expect([portableCosPi(0.1), portableCosPi(0.3), portableCosPi(2 / 3), portableCosPi(1.9)]).toEqual([
      0.9510565162951535, 0.5877852522924731, -0.49999999999999983, 0.9510565162951535,
    ]);
  });
});
