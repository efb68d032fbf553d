import type { FusedKernels } from '@unroll/backend';
import { type Backend, type Recorder, getBackend, tensor, withRecorder } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

describe('on a backend with a kernel for it', () => {
  /** backend-cpu with a kernel that counts. */
  function counting(): { readonly backend: Backend; readonly calls: () => number } {
    const inner = getBackend();
    let calls = 0;
    const kernel: NonNullable<FusedKernels['oneHot']> = ([indices], { depth, dtype }, [signature]) => {
      calls++;
      const at = Array.from(inner.downloadSync!(indices!));
      const data = at.flatMap((index) => Array.from({ length: depth }, (_, i) => Number(i === index)));
      return [inner.upload(dtype === 'float64' ? Float64Array.from(data) : Float32Array.from(data), signature!)];
    };
    return { backend: { ...inner, fused: { oneHot: kernel } }, calls: () => calls };
  }

  it('is one call, also where a derivative listens, to which it is a constant', () => {
    const { backend, calls } = counting();
    const indices = tensor(Int32Array.of(2, -1, 0), { backend });
    const recorded: string[] = [];
    const isTracked = (): boolean => false;
    const tape: Recorder = {
      record: ({ primitive }) => recorded.push(primitive),
      differentiation: { vjp: () => [], isTracked, recordComposite: () => recorded.push('composite') },
    };
    for (const dtype of ['float32', 'float64'] as const) {
      const result = withRecorder(tape, () => oneHot(indices, 3, { dtype }));
      expect([result.shape, result.dtype]).toEqual([[3, 3], dtype]);
      expect([...result.dataSync()]).toEqual([0, 0, 1, 0, 0, 0, 1, 0, 0]);
    }
    expect(calls()).toBe(2);
    expect(recorded).toEqual([]);
  });

  it('is made of primitives for int32, and for who hears of every op', () => {
    const { backend, calls } = counting();
    const indices = tensor(Int32Array.of(1, 0), { backend });
    expect([...oneHot(indices, 2, { dtype: 'int32' }).dataSync()]).toEqual([0, 1, 1, 0]);
    const recorded: string[] = [];
    withRecorder({ record: ({ primitive }) => recorded.push(primitive) }, () => oneHot(indices, 2));
    expect(recorded).toContain('equal');
    expect(calls()).toBe(0);
  });

  it('tells what is no dtype before the kernel is asked', () => {
    const { backend, calls } = counting();
    const indices = tensor(Int32Array.of(1, 0), { backend });
    expect(() => oneHot(indices, 2, { dtype: 'float16' as never })).toThrow('float16 is no dtype');
    expect(calls()).toBe(0);
  });
});
