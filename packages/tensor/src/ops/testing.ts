import type { Shape } from '@unroll/backend';
import fc from 'fast-check';
import { tensor } from '../create.ts';
import type { Tensor } from '../tensor.ts';

/** An array as tests compute with it: plain numbers, row-major. */
export interface Plain {
  readonly shape: Shape;
  readonly data: readonly number[];
}

export const double = { dtype: 'float64' } as const;

/** Numbers of everyday size, many of them equal or whole. */
export const everyday: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ min: -10, max: 10, noNaN: true }),
);

export function arrays(element: fc.Arbitrary<number> = everyday, minRank = 1): fc.Arbitrary<Plain> {
  return fc
    .array(fc.integer({ min: 1, max: 5 }), { minLength: minRank, maxLength: 4 })
    .chain((shape) =>
      fc.array(element, { minLength: sizeOf(shape), maxLength: sizeOf(shape) }).map((data) => ({ shape, data })),
    );
}

/** An array and one of its axes, which may be counted from the end. */
export const withAxis = (element?: fc.Arbitrary<number>): fc.Arbitrary<{ readonly x: Plain; readonly axis: number }> =>
  arrays(element).chain((x) =>
    fc.integer({ min: -x.shape.length, max: x.shape.length - 1 }).map((axis) => ({ x, axis })),
  );

export function toTensor({ shape, data }: Plain, dtype: 'float32' | 'float64' = 'float64'): Tensor {
  return tensor(Float64Array.from(data), { shape, dtype });
}

export function toPlain(x: Tensor): Plain {
  return { shape: x.shape, data: [...x.dataSync()] };
}

/** What `f` makes of the numbers along an axis, for each place on the other axes. */
export function alongAxis(
  { shape, data }: Plain,
  axis: number,
  f: (row: readonly number[]) => readonly number[],
): Plain {
  const at = axis < 0 ? axis + shape.length : axis;
  const [outer, inner] = [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at + 1))];
  const length = shape[at]!;
  const rows = Array.from({ length: outer * inner }, (_, r) => {
    const start = Math.floor(r / inner) * length * inner + (r % inner);
    return f(Array.from({ length }, (_, i) => data[start + i * inner]!));
  });
  const made = rows[0]!.length;
  return {
    shape: shape.map((each, i) => (i === at ? made : each)),
    data: Array.from({ length: outer * made * inner }, (_, i) => {
      const [o, k, n] = [Math.floor(i / inner / made), Math.floor(i / inner) % made, i % inner];
      return rows[o * inner + n]![k]!;
    }),
  };
}

function sizeOf(shape: Shape): number {
  return shape.reduce((a, b) => a * b, 1);
}
