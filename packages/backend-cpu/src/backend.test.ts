import {
  type DType,
  type Primitive,
  type PrimitiveAttrs,
  type PrimitiveKernels,
  type TypedArray,
  inferSignatures,
} from '@unroll/backend';
import { describe, expect, it } from 'vitest';
import { cpu } from './backend.ts';

function run<P extends Primitive>(
  primitive: P,
  attrs: PrimitiveAttrs[P],
  ...inputs: readonly { data: readonly number[]; shape: readonly number[]; dtype?: DType }[]
): TypedArray[] {
  const backend = cpu();
  const buffers = inputs.map(({ data, shape, dtype = 'float64' }) =>
    backend.upload(dtype === 'int32' ? Int32Array.from(data) : Float64Array.from(data), { shape, dtype }),
  );
  const outputs = backend.primitives[primitive](buffers, attrs, inferSignatures(primitive, buffers, attrs));
  return outputs.map((output) => backend.downloadSync(output));
}

describe('cpu', () => {
  it('multiplies matrices', () => {
    const a = { data: [1, 2, 3, 4, 5, 6], shape: [2, 3] };
    const b = { data: [7, 8, 9, 10, 11, 12], shape: [3, 2] };
    expect(run('matmul', { transposeA: false, transposeB: false }, a, b)).toEqual([
      new Float64Array([58, 64, 139, 154]),
    ]);
  });

  it('broadcasts a row over a matrix', () => {
    const [sum] = run('add', {}, { data: [1, 2, 3, 4], shape: [2, 2] }, { data: [10, 20], shape: [2] });
    expect(sum).toEqual(new Float64Array([11, 22, 13, 24]));
  });

  it('knows every primitive: a table without one does not compile', () => {
    const { erf: _, ...rest } = cpu().primitives;
    // @ts-expect-error erf is missing
    const incomplete: PrimitiveKernels = rest;
    expect(incomplete).not.toHaveProperty('erf');
  });
});
