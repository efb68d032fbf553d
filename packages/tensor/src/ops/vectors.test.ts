import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor, zeros } from '../create.ts';
import { Rng } from '../rng.ts';
import { alongAxis, double, toPlain, toTensor, withAxis } from './testing.ts';
import { cosineSimilarity, outer } from './vectors.ts';

describe('cosineSimilarity', () => {
  it('is the cosine of the angle between two vectors, along any axis', () => {
    fc.assert(
      fc.property(withAxis(fc.double({ min: 0.1, max: 3, noNaN: true })), fc.nat(), ({ x, axis }, seed) => {
        const y = toPlain(new Rng(seed).normal(x.shape, double));
        const rows: (readonly number[])[] = [];
        alongAxis(y, axis, (row) => (rows.push(row), row));
        const expected = alongAxis(x, axis, (row) => {
          const other = rows.shift()!;
          const dot = row.reduce((total, value, i) => total + value * other[i]!, 0);
          return [dot / Math.hypot(...row) / Math.hypot(...other)];
        });
        const actual = toPlain(cosineSimilarity(toTensor(x), toTensor(y), { axis }));
        actual.data.forEach((value, i) => expect(value).toBeCloseTo(expected.data[i]!, 10));
        expect(actual.data.length).toBe(expected.data.length);
      }),
    );
  });

  it('broadcasts a query against keys; a vector of zeros is like nothing', () => {
    const keys = tensor([
      [
        [1, 0],
        [0, 2],
        [0, 0],
      ],
    ]);
    expect(toPlain(cosineSimilarity(keys, tensor([3, 0])))).toEqual({ shape: [1, 3], data: [1, 0, 0] });
    expect(toPlain(cosineSimilarity(tensor([3, 0]), keys))).toEqual({ shape: [1, 3], data: [1, 0, 0] });
    expect(() => cosineSimilarity(keys, zeros([2]), { axis: 3 })).toThrow('cosineSimilarity: there is no axis 3');
  });
});

describe('outer', () => {
  it('has all products, for each of a batch', () => {
    expect(toPlain(outer(tensor([1, 2]), tensor([3, 4, 5])))).toEqual({ shape: [2, 3], data: [3, 4, 5, 6, 8, 10] });
    expect(outer(zeros([4, 2]), zeros([4, 3])).shape).toEqual([4, 2, 3]);
    expect(outer(zeros([2]), zeros([4, 3])).shape).toEqual([4, 2, 3]);
  });
});
