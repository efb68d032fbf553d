import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backend, run, seed, shape, upload, values } from './properties.ts';

describe('reductions', () => {
  it('over all axes at once equal one axis after the other', () => {
    fc.assert(
      fc.property(shape, seed, (lengths, s) => {
        const x = upload(lengths, s);
        const axes = lengths.map((_, axis) => axis);
        for (const primitive of ['sum', 'max'] as const) {
          let stepwise = x;
          for (const axis of axes) stepwise = run(primitive, { axes: [axis] }, stepwise)[0]!;
          expect(values(run(primitive, { axes }, x)[0]!)[0]).toBeCloseTo(values(stepwise)[0]!, 9);
        }
      }),
    );
  });

  it('float32 sums lose nothing but the last rounding', () => {
    const data = Float32Array.from({ length: 100_000 }, (_, i) => 1 + 1 / (1 + i));
    const x = backend.upload(data, { shape: [data.length], dtype: 'float32' });
    const want = Math.fround(data.reduce((total, value) => total + value, 0));
    expect(values(run('sum', { axes: [0] }, x)[0]!)[0]).toBe(want);
  });

  it('over nothing: the largest int32 is the smallest number', () => {
    const nothing = backend.upload(new Int32Array(0), { shape: [0], dtype: 'int32' });
    expect(values(run('max', { axes: [0] }, nothing)[0]!)[0]).toBe(-(2 ** 31));
  });
});
