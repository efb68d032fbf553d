import fc from 'fast-check';
import { Rng, type Tensor, eye } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { glorotNormal, glorotUniform, heNormal, heUniform, uniformFanIn } from './fan.ts';
import { type Initializer, constant, normal, perGate, uniform } from './initializer.ts';
import { orthogonal } from './orthogonal.ts';

const shape = [120, 80];
const [fanOut, fanIn] = shape as [number, number];

/** The standard deviation that each must have, and the bound of the even ones, for [120, 80]. */
const initializers: Readonly<Record<string, readonly [make: Initializer, std: number, bound: number]>> = {
  uniform: [uniform(0.3), 0.3 / Math.sqrt(3), 0.3],
  normal: [normal({ std: 0.2 }), 0.2, Infinity],
  uniformFanIn: [uniformFanIn(), 1 / Math.sqrt(3 * fanIn), 1 / Math.sqrt(fanIn)],
  glorotUniform: [glorotUniform(), Math.sqrt(2 / (fanIn + fanOut)), Math.sqrt(6 / (fanIn + fanOut))],
  glorotNormal: [glorotNormal({ gain: 2 }), 2 * Math.sqrt(2 / (fanIn + fanOut)), Infinity],
  heUniform: [heUniform(), Math.sqrt(2 / fanIn), Math.sqrt(6 / fanIn)],
  heNormal: [heNormal(), Math.sqrt(2 / fanIn), Infinity],
};

describe.each(Object.entries(initializers))('%s', (_, [make, std, bound]) => {
  it('has the moments that its equation says', () => {
    const data = [...make(shape, new Rng(1)).dataSync()];
    const mean = data.reduce((a, b) => a + b, 0) / data.length;
    const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length;
    // About five standard errors.
    expect(Math.abs(mean)).toBeLessThan((5 * std) / Math.sqrt(data.length));
    expect(Math.sqrt(variance) / std).toBeCloseTo(1, 1);
    const largest = data.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    expect(largest).toBeLessThanOrEqual(bound * (1 + 1e-6));
    if (Number.isFinite(bound)) expect(largest).toBeGreaterThan(0.99 * bound);
  });
});

/** The largest |difference| of W Wᵀ (or Wᵀ W, if that is smaller) from gain² · I. */
function distanceFromOrthogonal(w: Tensor, gain: number): number {
  const [rows, columns] = w.shape as [number, number];
  const exact = w.cast('float64');
  const tall = rows > columns;
  const product = exact.matmul(exact, { transposeA: tall, transposeB: !tall });
  return product
    .sub(eye(product.shape[0]!, { dtype: 'float64' }).mul(gain * gain))
    .abs()
    .max()
    .item();
}

/** Of a 3 × 3 matrix: by the rule of Sarrus. */
function determinant(w: ArrayLike<number>): number {
  const diagonal = (i: number, j: number, k: number): number => w[i]! * w[3 + j]! * w[6 + k]!;
  const falling = diagonal(0, 1, 2) + diagonal(1, 2, 0) + diagonal(2, 0, 1);
  return falling - diagonal(2, 1, 0) - diagonal(1, 0, 2) - diagonal(0, 2, 1);
}

describe('orthogonal', () => {
  it('has orthonormal rows or columns for any shape, times the gain', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 90 }),
        fc.constantFrom(1, Math.SQRT2),
        (seed, rows, columns, gain) => {
          const w = orthogonal({ gain })([rows, columns], new Rng(seed));
          expect(w.shape).toEqual([rows, columns]);
          // Float32 keeps 7 digits.
          expect(distanceFromOrthogonal(w, gain)).toBeLessThan(1e-6);
        },
      ),
    );
  });

  it('favours no direction: every entry has mean 0 and variance 1/n, a rotation as likely as a reflection', () => {
    const [n, runs] = [3, 4000];
    const rng = new Rng(5);
    const sums = new Float64Array(n * n);
    const squares = new Float64Array(n * n);
    let determinants = 0;
    let traces = 0;
    for (let run = 0; run < runs; run++) {
      const w = orthogonal()([n, n], rng).dataSync();
      for (const [i, x] of w.entries()) {
        sums[i]! += x;
        squares[i]! += x * x;
      }
      determinants += determinant(w);
      traces += (w[0]! + w[4]! + w[8]!) ** 2;
    }
    for (const sum of sums) expect(Math.abs(sum / runs)).toBeLessThan(5 / Math.sqrt(n * runs));
    for (const square of squares) expect(square / runs).toBeCloseTo(1 / n, 1);
    expect(Math.abs(determinants / runs)).toBeLessThan(5 / Math.sqrt(runs));
    // E (tr Q)² = 1 under the Haar measure (Diaconis & Shahshahani 1994); without the signs of R it is not.
    expect(traces / runs).toBeCloseTo(1, 1);
  });

  it('gives the same numbers for the same seed, and refuses vectors', () => {
    const draw = (): unknown => orthogonal()([40, 33], new Rng(9)).dataSync();
    expect(draw()).toEqual(draw());
    expect(() => orthogonal()([3], new Rng(1))).toThrow('orthogonal: [3] is no matrix');
  });
});

describe('perGate', () => {
  it('cuts the first axis into equal parts, one for each initializer', () => {
    const zero = constant(0);
    const bias = perGate([zero, constant(1), zero, zero])([8], new Rng(1));
    expect([...bias.dataSync()]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
    const weight = perGate([orthogonal(), orthogonal()])([12, 6], new Rng(1));
    for (const part of weight.split(0, 2)) expect(distanceFromOrthogonal(part, 1)).toBeLessThan(1e-6);
    expect(() => perGate([zero, zero])([3], new Rng(1))).toThrow('does not divide into 2 gates');
  });
});

it('a vector has no fan-in', () => {
  for (const make of [uniformFanIn(), glorotNormal(), heUniform()]) {
    expect(() => make([3], new Rng(1))).toThrow('[3] has no fan-in');
  }
});
