import type { PrimitiveKernels, Shape, TypedArray } from '@unroll/backend';
import type { Memory } from './memory.ts';
import { coalesce, forEachOffset, stretchedStrides, stridesOf } from './strides.ts';

/** Reduces `n` neighbours of x into out[o]. */
type Fold = (out: TypedArray, o: number, x: TypedArray, i: number, n: number) => void;
/** Takes `n` neighbours of x into as many neighbours of out, one each. */
type Merge = Fold;

const foldSum: Fold = (out, o, x, i, n) => {
  // Four sums do not wait for one another's additions.
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const end = i + n;
  for (; i + 3 < end; i += 4) {
    s0 += x[i]!;
    s1 += x[i + 1]!;
    s2 += x[i + 2]!;
    s3 += x[i + 3]!;
  }
  for (; i < end; i++) s0 += x[i]!;
  out[o] = out[o]! + (s0 + s1 + (s2 + s3));
};

const mergeSum: Merge = (out, o, x, i, n) => {
  for (let q = 0; q < n; q++) out[o + q] = out[o + q]! + x[i + q]!;
};

const foldMax: Fold = (out, o, x, i, n) => {
  let largest = out[o]!;
  for (let q = 0; q < n; q++) largest = Math.max(largest, x[i + q]!);
  out[o] = largest;
};

const mergeMax: Merge = (out, o, x, i, n) => {
  for (let q = 0; q < n; q++) out[o + q] = Math.max(out[o + q]!, x[i + q]!);
};

export function reduceKernels(memory: Memory): Pick<PrimitiveKernels, 'sum' | 'max' | 'argmax'> {
  let scratch = new Float64Array(0);
  return {
    sum: ([x], _attrs, [signature]) => {
      const data = memory.read(x!);
      const output = memory.make(signature!);
      const out = memory.read(output);
      // Whatever the dtype, the sum is kept in double precision until it is complete.
      if (scratch.length < out.length) scratch = new Float64Array(out.length);
      const total = scratch.subarray(0, out.length).fill(0);
      reduce(total, signature!.shape, data, x!.shape, foldSum, mergeSum);
      out.set(total);
      return [output];
    },

    max: ([x], _attrs, [signature]) => {
      const data = memory.read(x!);
      const output = memory.make(signature!);
      const out = memory.read(output);
      out.fill(signature!.dtype === 'int32' ? -(2 ** 31) : -Infinity);
      reduce(out, signature!.shape, data, x!.shape, foldMax, mergeMax);
      return [output];
    },

    argmax: ([x], { axis }, [signature]) => {
      const data = memory.read(x!);
      const output = memory.make(signature!);
      const out = memory.read(output);
      const length = x!.shape[axis]!;
      const inner = stridesOf(x!.shape)[axis]!;
      for (let o = 0; o < out.length; o++) {
        const start = Math.floor(o / inner) * length * inner + (o % inner);
        out[o] = firstLargest(data, start, inner, length);
      }
      return [output];
    },
  };
}

/** Brings every element of x into the element of out that it belongs to, row by row. */
function reduce(out: TypedArray, shape: Shape, x: TypedArray, xShape: Shape, fold: Fold, merge: Merge): void {
  if (x.length === 0) return;
  const layout = coalesce(xShape, [stridesOf(xShape), stretchedStrides(shape, xShape)]);
  const inner = Math.max(layout.lengths.length - 1, 0);
  const length = layout.lengths[inner] ?? 1;
  const run = layout.strides[1]![inner] === 0 ? fold : merge;
  forEachOffset(layout, inner, ([i, o]) => run(out, o!, x, i!, length));
}

/** The first position of the largest of `n` elements; NaN counts as larger than all numbers, as it does in `max`. */
function firstLargest(x: TypedArray, i: number, step: number, n: number): number {
  let position = 0;
  let largest = x[i]!;
  for (let k = 1; k < n && !Number.isNaN(largest); k++) {
    const value = x[i + k * step]!;
    if (value <= largest) continue;
    largest = value;
    position = k;
  }
  return position;
}
