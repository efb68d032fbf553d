import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../create.ts';
import { norm, standardDeviation, variance } from './statistics.ts';
import { alongAxis, toPlain, toTensor, withAxis } from './testing.ts';

const sum = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0);
const close = (actual: readonly number[], expected: readonly number[]): void => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) =>
    Number.isNaN(expected[i]) ? expect(value).toBeNaN() : expect(value).toBeCloseTo(expected[i]!, 10),
  );
};

describe('statistics', () => {
  it('are those of lists, along any axis', () => {
    fc.assert(
      fc.property(withAxis(), fc.constantFrom(0, 1), ({ x, axis }, correction) => {
        const varianceOf = (row: readonly number[]): number => {
          const mean = sum(row) / row.length;
          const divisor = row.length - correction;
          return divisor > 0 ? sum(row.map((value) => (value - mean) ** 2)) / divisor : NaN;
        };
        const options = { correction, keepDims: true };
        const expected = alongAxis(x, axis, (row) => [varianceOf(row)]);
        expect(variance(toTensor(x), axis, options).shape).toEqual(expected.shape);
        close(toPlain(variance(toTensor(x), axis, options)).data, expected.data);
        close(toPlain(standardDeviation(toTensor(x), axis, options)).data, expected.data.map(Math.sqrt));
        const norms = alongAxis(x, axis, (row) => [Math.hypot(...row)]);
        close(toPlain(norm(toTensor(x), axis, { keepDims: true })).data, norms.data);
        close([norm(toTensor(x)).item()], [Math.hypot(...x.data)]);
      }),
    );
  });

  it('drop the axes, and divide by n unless told otherwise', () => {
    const x = tensor([
      [1, 3],
      [2, 2],
    ]);
    expect(toPlain(variance(x, 1))).toEqual({ shape: [2], data: [1, 0] });
    expect(toPlain(variance(x, 1, { correction: 1 }))).toEqual({ shape: [2], data: [2, 0] });
    expect(variance(x).item()).toBe(0.5);
    expect(norm(tensor([3, 4])).item()).toBe(5);
    // @ts-expect-error what JavaScript users may write
    expect(() => variance(x, { correction: 1 })).toThrow(
      'variance: the axes are an object (Object); give a number or a list',
    );
  });
});
