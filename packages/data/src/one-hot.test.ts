import { tensor } from '@unroll/tensor';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { oneHot } from './index.ts';

it('has one 1 per row, at the index, on any shape and in any dtype', () => {
  const cases = fc.record({
    depth: fc.integer({ min: 1, max: 9 }),
    shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
    dtype: fc.constantFrom('float32', 'float64', 'int32'),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ depth, shape, dtype, seed }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const indices = Int32Array.from({ length: size }, (_, i) => (seed + i * 7) % depth);
      const result = oneHot(tensor(indices, { shape }), depth, { dtype });
      expect(result.shape).toEqual([...shape, depth]);
      expect(result.dtype).toBe(dtype);
      const expected = Array.from(indices).flatMap((index) =>
        Array.from({ length: depth }, (_, i) => Number(i === index)),
      );
      expect(Array.from(result.dataSync())).toEqual(expected);
    }),
  );
});

it('is float32 by default, and a row of zeros for an index outside', () => {
  const result = oneHot(tensor(Int32Array.of(-1, 1, 2)), 2);
  expect(result.dtype).toBe('float32');
  expect([...result.dataSync()]).toEqual([0, 0, 0, 1, 0, 0]);
});

it('wants int32 indices and a depth', () => {
  expect(() => oneHot(tensor([0, 1]), 2)).toThrow(
    expect.objectContaining({ code: 'DTYPE_MISMATCH', message: expect.stringContaining("cast('int32')") }),
  );
  expect(() => oneHot(tensor(Int32Array.of(0)), 0)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});
