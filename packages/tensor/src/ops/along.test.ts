import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor, zeros } from '../create.ts';
import { Rng } from '../rng.ts';
import { scatterAddAlong, takeAlong } from './along.ts';
import { alongAxis, toPlain, toTensor, withAxis } from './testing.ts';

/** An array and, along an axis, `count` positions for each of its rows. */
const picked = fc.tuple(withAxis(), fc.integer({ min: 1, max: 4 }), fc.nat()).map(([{ x, axis }, count, seed]) => {
  const rng = new Rng(seed);
  const indices = alongAxis(x, axis, (row) => Array.from({ length: count }, () => rng.integer(row.length)));
  return { x, axis, indices, tensorOfIndices: tensor(Int32Array.from(indices.data), { shape: indices.shape }) };
});

describe('takeAlong and scatterAddAlong', () => {
  it('pick elements by positions of their own in every row', () => {
    fc.assert(
      fc.property(picked, ({ x, axis, indices, tensorOfIndices }) => {
        const rows: (readonly number[])[] = [];
        alongAxis(indices, axis, (row) => (rows.push(row), row));
        const expected = alongAxis(x, axis, (row) => rows.shift()!.map((i) => row[i]!));
        expect(toPlain(takeAlong(toTensor(x), tensorOfIndices, axis))).toEqual(expected);
      }),
    );
  });

  it('are each other’s adjoint: ⟨take(x), y⟩ = ⟨x, scatter(y)⟩', () => {
    fc.assert(
      fc.property(picked, ({ x, axis, indices, tensorOfIndices }) => {
        const y = new Rng(1).normal(indices.shape, { dtype: 'float64' });
        const left = takeAlong(toTensor(x), tensorOfIndices, axis).mul(y).sum().item();
        const size = x.shape.at(axis < 0 ? axis : axis - x.shape.length)!;
        const right = scatterAddAlong(y, tensorOfIndices, size, axis).mul(toTensor(x)).sum().item();
        expect(left).toBeCloseTo(right, 9);
      }),
    );
  });

  it('add up equal indices', () => {
    const words = tensor([[2, 0, 2]], { dtype: 'int32' });
    expect(toPlain(scatterAddAlong(tensor([[1, 2, 4]]), words, 4))).toEqual({ shape: [1, 4], data: [2, 0, 5, 0] });
  });

  it('refuse positions beyond the row, though the next row has them', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    for (const index of [-1, 2, 5]) {
      const indices = tensor([[0], [index]], { dtype: 'int32' });
      for (const [op, run] of [
        ['takeAlong', () => takeAlong(x, indices)],
        ['scatterAddAlong', () => scatterAddAlong(zeros([2, 1]), indices, 2)],
      ] as const) {
        expect(run).toThrow(
          expect.objectContaining({
            code: 'INDEX_OUT_OF_RANGE',
            message: expect.stringContaining(
              `${op}: index ${index} at position 1 is out of range: there are 2 rows, 0 to 1.`,
            ),
          }),
        );
      }
      expect(() => takeAlong(x, tensor([[0, index]], { dtype: 'int32' }), 0)).toThrow(`index ${index} at position 1`);
    }
    expect(() => takeAlong(zeros([2, 0]), zeros([2, 1], { dtype: 'int32' }))).toThrow(
      expect.objectContaining({ code: 'INDEX_OUT_OF_RANGE' }),
    );
  });

  it('take nothing from anywhere', () => {
    expect(takeAlong(zeros([2, 3]), zeros([2, 0], { dtype: 'int32' })).shape).toEqual([2, 0]);
    expect(toPlain(scatterAddAlong(zeros([2, 0]), zeros([2, 0], { dtype: 'int32' }), 2)).data).toEqual([0, 0, 0, 0]);
  });

  it('refuse shapes that do not fit, and indices that are no integers', () => {
    const indices = zeros([3, 1], { dtype: 'int32' });
    expect(() => takeAlong(zeros([2, 3]), indices)).toThrow('takeAlong: [2, 3] and indices [3, 1]. They may differ');
    expect(() => scatterAddAlong(zeros([3, 2]), indices, 5)).toThrow('scatterAddAlong: [3, 2] and indices [3, 1].');
    expect(() => takeAlong(zeros([2, 3]), zeros([2, 3]))).toThrow('takeAlong: the indices are float32');
    expect(() => scatterAddAlong(zeros([3, 1]), indices, 0.5)).toThrow('scatterAddAlong: the size is 0.5');
    // @ts-expect-error what JavaScript users may forget
    expect(() => takeAlong(zeros([2, 3]))).toThrow('takeAlong: indices is missing. Give a tensor.');
  });
});
