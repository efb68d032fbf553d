import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../create.ts';
import { clamp } from './clamp.ts';
import { arrays, toPlain, toTensor } from './testing.ts';

const bound = fc.option(fc.double({ min: -5, max: 5, noNaN: true }), { nil: undefined });

describe('clamp', () => {
  it('is min(max(x, low), high), with the upper bound first where they cross', () => {
    fc.assert(
      fc.property(arrays(), bound, bound, (x, min, max) => {
        fc.pre(min !== undefined || max !== undefined);
        const options = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
        const data = x.data.map((value) => Math.min(Math.max(value, min ?? -Infinity), max ?? Infinity) + 0);
        expect(toPlain(clamp(toTensor(x), options).add(0))).toEqual({ ...x, data });
      }),
    );
  });

  it('takes tensors as bounds, keeps NaN and int32', () => {
    const low = tensor([[0], [5]]);
    expect(toPlain(clamp(tensor([1, -1, NaN]), { min: low }))).toEqual({ shape: [2, 3], data: [1, 0, NaN, 5, 5, NaN] });
    expect(clamp(tensor([7, -7], { dtype: 'int32' }), { max: 3 }).dataSync()).toEqual(Int32Array.of(3, -7));
  });

  it('wants a bound', () => {
    expect(() => clamp(tensor([1]), {})).toThrow('clamp: neither min nor max is given.');
    expect(() => clamp(tensor([1]))).toThrow('clamp: neither min nor max is given.');
  });
});
