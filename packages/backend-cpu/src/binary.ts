import type { Kernel, None, PrimitiveKernels, Shape, TypedArray } from '@unroll/backend';
import type { Memory } from './memory.ts';
import { coalesce, forEachOffset, stretchedStrides } from './strides.ts';

type Binary = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'less' | 'equal';

/** Sets `n` elements of `out` from `o` on; x and y are read from i and j on, in steps of 0 where they repeat. */
type Loop = (
  out: TypedArray,
  o: number,
  x: TypedArray,
  i: number,
  iStep: number,
  y: TypedArray,
  j: number,
  jStep: number,
  n: number,
) => void;

const add: Loop = (out, o, x, i, iStep, y, j, jStep, n) => {
  for (let q = 0; q < n; q++, i += iStep, j += jStep) out[o + q] = x[i]! + y[j]!;
};

const sub: Loop = (out, o, x, i, iStep, y, j, jStep, n) => {
  for (let q = 0; q < n; q++, i += iStep, j += jStep) out[o + q] = x[i]! - y[j]!;
};

const mul: Loop = (out, o, x, i, iStep, y, j, jStep, n) => {
  for (let q = 0; q < n; q++, i += iStep, j += jStep) out[o + q] = x[i]! * y[j]!;
};

/** The low 32 bits of a product need not survive in a double. */
const mulIntegers: Loop = (out, o, x, i, iStep, y, j, jStep, n) => {
  for (let q = 0; q < n; q++, i += iStep, j += jStep) out[o + q] = Math.imul(x[i]!, y[j]!);
};

const div: Loop = (out, o, x, i, iStep, y, j, jStep, n) => {
  for (let q = 0; q < n; q++, i += iStep, j += jStep) out[o + q] = x[i]! / y[j]!;
};

const maximum: Loop = (out, o, x, i, iStep, y, j, jStep, n) => {
  for (let q = 0; q < n; q++, i += iStep, j += jStep) out[o + q] = Math.max(x[i]!, y[j]!);
};

const less: Loop = (out, o, x, i, iStep, y, j, jStep, n) => {
  for (let q = 0; q < n; q++, i += iStep, j += jStep) out[o + q] = x[i]! < y[j]! ? 1 : 0;
};

const equal: Loop = (out, o, x, i, iStep, y, j, jStep, n) => {
  for (let q = 0; q < n; q++, i += iStep, j += jStep) out[o + q] = x[i]! === y[j]! ? 1 : 0;
};

export function binaryKernels(memory: Memory): Pick<PrimitiveKernels, Binary> {
  return {
    add: binary(memory, add),
    sub: binary(memory, sub),
    mul: binary(memory, mul, mulIntegers),
    div: binary(memory, div),
    maximum: binary(memory, maximum),
    less: binary(memory, less),
    equal: binary(memory, equal),
  };
}

function binary(memory: Memory, loop: Loop, integerLoop: Loop = loop): Kernel<None> {
  return ([x, y], _attrs, [signature]) => {
    const a = memory.read(x!);
    const b = memory.read(y!);
    const out = memory.make(signature!);
    const run = signature!.dtype === 'int32' ? integerLoop : loop;
    broadcast(run, memory.read(out), signature!.shape, a, x!.shape, b, y!.shape);
    return [out];
  };
}

/** Runs a loop over rows as long as the shapes allow. */
function broadcast(
  loop: Loop,
  out: TypedArray,
  shape: Shape,
  x: TypedArray,
  xShape: Shape,
  y: TypedArray,
  yShape: Shape,
): void {
  const n = out.length;
  if (n === 0) return;
  // As many elements as the result means the same shape, and one element is a scalar: one row does it all.
  const xStep = x.length === n ? 1 : 0;
  const yStep = y.length === n ? 1 : 0;
  if ((xStep === 1 || x.length === 1) && (yStep === 1 || y.length === 1)) {
    loop(out, 0, x, 0, xStep, y, 0, yStep, n);
    return;
  }
  const layout = coalesce(shape, [stretchedStrides(xShape, shape), stretchedStrides(yShape, shape)]);
  const inner = layout.lengths.length - 1;
  const length = layout.lengths[inner]!;
  const iStep = layout.strides[0]![inner]!;
  const jStep = layout.strides[1]![inner]!;
  let o = 0;
  forEachOffset(layout, inner, ([i, j]) => {
    loop(out, o, x, i!, iStep, y, j!, jStep, length);
    o += length;
  });
}
