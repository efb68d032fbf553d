import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../create.ts';
import { alongAxis, toPlain, toTensor, withAxis } from './testing.ts';
import { topK } from './top-k.ts';

const values = fc.oneof(fc.constantFrom(-Infinity, Infinity, 0, 1, -1), fc.double({ min: -9, max: 9, noNaN: true }));

/** Positions by falling value, of equal ones the first first. */
function order(row: readonly number[]): number[] {
  const key = (value: number): number => Math.max(value, -Number.MAX_VALUE);
  return row.map((_, i) => i).toSorted((a, b) => (key(row[a]!) === key(row[b]!) ? a - b : row[a]! > row[b]! ? -1 : 1));
}

describe('topK', () => {
  it('has the first of a stable sort, along any axis, each element once', () => {
    fc.assert(
      fc.property(withAxis(values), fc.integer({ min: 1, max: 5 }), ({ x, axis }, wanted) => {
        const k = Math.min(wanted, x.shape.at(axis < 0 ? axis : axis - x.shape.length)!);
        const { values: largest, indices } = topK(toTensor(x), k, { axis });
        expect(toPlain(indices)).toEqual(alongAxis(x, axis, (row) => order(row).slice(0, k)));
        expect(toPlain(largest.add(0))).toEqual(
          alongAxis(x, axis, (row) =>
            order(row)
              .slice(0, k)
              .map((i) => row[i]! + 0),
          ),
        );
      }),
    );
  });

  it('has NaN before all', () => {
    const { values: largest, indices } = topK(tensor([1, NaN, Infinity]), 3);
    expect([[...largest.dataSync()], [...indices.dataSync()]]).toEqual([
      [NaN, Infinity, 1],
      [1, 2, 0],
    ]);
  });

  it('refuses int32, and more elements than there are', () => {
    expect(() => topK(tensor([1, 2]), 3)).toThrow(
      'topK: k is 3; it must be an integer from 1 to 2, the length of axis 0',
    );
    expect(() => topK(tensor([1, 2], { dtype: 'int32' }), 1)).toThrow("Cast first: x.cast('float32')");
  });
});
