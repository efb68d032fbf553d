import {
  type Buffer,
  type Primitive,
  type PrimitiveAttrs,
  type Shape,
  type TypedArray,
  inferSignatures,
  sizeOf,
} from '@unroll/backend';
import fc from 'fast-check';
import { type CpuBackend, cpu } from './backend.ts';

/** What the property tests share. */
export const backend: CpuBackend = cpu();

export function run<P extends Primitive>(
  primitive: P,
  attrs: PrimitiveAttrs[P],
  ...inputs: readonly Buffer[]
): readonly Buffer[] {
  return backend.primitives[primitive](inputs, attrs, inferSignatures(primitive, inputs, attrs));
}

/** A float64 buffer of numbers between −3 and 3. */
export function upload(shape: Shape, seed: number): Buffer {
  // Sines of numbers far apart: as good as random here, and the same for the same seed.
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(seed + i * 12.9898) * 3);
  return backend.upload(data, { shape, dtype: 'float64' });
}

export function values(buffer: Buffer): TypedArray {
  return backend.downloadSync(buffer);
}

/** The sum of the products of two buffers' elements. */
export function dot(x: Buffer, y: Buffer): number {
  const other = values(y);
  let total = 0;
  values(x).forEach((value, i) => (total += value * other[i]!));
  return total;
}

export const seed: fc.Arbitrary<number> = fc.integer({ min: 0, max: 1000 });

export const shape: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });

/** A shape and one of its axes. */
export const shapeWithAxis: fc.Arbitrary<{ lengths: number[]; axis: number }> = shape.chain((lengths) =>
  fc.record({ lengths: fc.constant(lengths), axis: fc.integer({ min: 0, max: lengths.length - 1 }) }),
);
