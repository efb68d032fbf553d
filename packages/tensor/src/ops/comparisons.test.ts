import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor, zeros } from '../create.ts';
import type { Tensor } from '../tensor.ts';
import { all, any, greaterEqual, isFinite, isNaN, lessEqual, notEqual } from './comparisons.ts';
import { arrays, alongAxis, toPlain, toTensor, withAxis } from './testing.ts';

const special = fc.oneof(fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 1), fc.double({ min: -2, max: 2 }));
const list = (x: Tensor): readonly number[] => [...x.dataSync()];

describe('comparisons', () => {
  it('are those of numbers, NaN and infinities included', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(special, special), { minLength: 1 }), (pairs) => {
        const x = tensor(Float64Array.from(pairs, ([a]) => a));
        const y = tensor(Float64Array.from(pairs, ([, b]) => b));
        const expected = (f: (a: number, b: number) => boolean): readonly number[] =>
          pairs.map(([a, b]) => Number(f(a, b)));
        expect(list(lessEqual(x, y))).toEqual(expected((a, b) => a <= b));
        expect(list(greaterEqual(x, y))).toEqual(expected((a, b) => a >= b));
        expect(list(notEqual(x, y))).toEqual(expected((a, b) => a !== b));
        expect(list(isNaN(x))).toEqual(expected((a) => Number.isNaN(a)));
        expect(list(isFinite(x))).toEqual(expected((a) => Number.isFinite(a)));
      }),
    );
  });

  it('take int32 and numbers beside it', () => {
    const x = tensor([1, 2, 3], { dtype: 'int32' });
    expect(lessEqual(x, 2).dataSync()).toEqual(Int32Array.of(1, 1, 0));
    expect(isFinite(x).dataSync()).toEqual(Int32Array.of(1, 1, 1));
    expect(isNaN(x).dataSync()).toEqual(Int32Array.of(0, 0, 0));
  });
});

describe('any and all', () => {
  it('are some and every of lists, along any axis', () => {
    fc.assert(
      fc.property(withAxis(fc.constantFrom(0, 0, 1, -2, NaN)), ({ x, axis }) => {
        const isTrue = (value: number): boolean => value !== 0;
        const some = alongAxis(x, axis, (row) => [Number(row.some(isTrue))]);
        const every = alongAxis(x, axis, (row) => [Number(row.every(isTrue))]);
        expect(toPlain(any(toTensor(x), axis, { keepDims: true }))).toEqual(some);
        expect(toPlain(all(toTensor(x), axis, { keepDims: true }))).toEqual(every);
      }),
    );
  });

  it('reduce all axes by default; over nothing any is 0 and all is 1', () => {
    fc.assert(
      fc.property(arrays(fc.constantFrom(0, 1)), (x) => {
        expect(any(toTensor(x)).item()).toBe(Number(x.data.includes(1)));
        expect(all(toTensor(x)).item()).toBe(Number(!x.data.includes(0)));
      }),
    );
    for (const dtype of ['float32', 'int32'] as const) {
      expect(any(zeros([0], { dtype })).item()).toBe(0);
      expect(list(all(zeros([2, 0], { dtype }), 1))).toEqual([1, 1]);
    }
  });
});
