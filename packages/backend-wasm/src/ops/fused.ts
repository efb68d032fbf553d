import {
  BYTES_PER_ELEMENT,
  type CrossEntropyAttrs,
  type FusedKernels,
  type Kernel,
  type None,
  type Signature,
  sizeOf,
  targetOutOfRange,
} from '@unroll/backend';
import type { WasmFunction } from '../engine.ts';
import type { Threads } from '../threads/threads.ts';
import { type Range, divide, isWorthwhile } from './in-parts.ts';
import { optimizerOps } from './optimizers.ts';
import { type Runtime, byDType } from './runtime.ts';

/** Kernels for all whole ops of the contract. */
export function fusedOps(runtime: Runtime): Required<FusedKernels> {
  const { memory, threads } = runtime;
  const [softmax, logSoftmax] = [byDType(runtime, 'softmax'), byDType(runtime, 'logSoftmax')];
  const [layerNorm, layerNormGradient] = [byDType(runtime, 'layerNorm'), byDType(runtime, 'layerNormGradient')];
  return {
    softmax: ([x], { empty }, [signature]) => {
      const from = memory.address(x!);
      const out = memory.make(signature!);
      const { width } = rowsOf(x!);
      const [kernel, to, zero] = [softmax(x!.dtype), memory.address(out), empty === 'zero' ? 1 : 0];
      byRows(threads, x!, kernel, ({ first, count }) => [to + first * width, from + first * width, count, width, zero]);
      return [out];
    },
    logSoftmax: ([x], _attrs, [signature]) => {
      const from = memory.address(x!);
      const out = memory.make(signature!);
      const { width } = rowsOf(x!);
      const [kernel, to] = [logSoftmax(x!.dtype), memory.address(out)];
      byRows(threads, x!, kernel, ({ first, count }) => [to + first * width, from + first * width, count, width]);
      return [out];
    },
    softmaxGradient: gradient(runtime, 'softmaxGradient'),
    logSoftmaxGradient: gradient(runtime, 'logSoftmaxGradient'),

    crossEntropy: crossEntropy(runtime, 'crossEntropy'),
    crossEntropyWithGradient: crossEntropy(runtime, 'crossEntropyWithGradient'),

    layerNorm: (inputs, { epsilon }, signatures) => {
      const from = inputs.map((input) => memory.address(input));
      const made = signatures.map((signature) => memory.make(signature));
      const { width, columns } = rowsOf(inputs[0]!);
      const bytes = BYTES_PER_ELEMENT[inputs[0]!.dtype];
      const [y, mean, d] = made.map((out) => memory.address(out)) as [number, number, number];
      const [x, weight, bias] = from as [number, number, number];
      byRows(threads, inputs[0]!, layerNorm(inputs[0]!.dtype), ({ first, count }) => {
        const to = [y + first * width, mean + first * bytes, d + first * bytes];
        return [...to, x + first * width, weight, bias, count, width, columns, epsilon];
      });
      return made;
    },
    layerNormGradient: (inputs, _attrs, signatures) => {
      const from = inputs.map((input) => memory.address(input));
      const made = signatures.map((signature) => memory.make(signature));
      for (const total of made.slice(1)) memory.fill(total, 0);
      const { rows, width, columns } = rowsOf(inputs[0]!);
      const to = made.map((out) => memory.address(out));
      layerNormGradient(inputs[0]!.dtype)(...to, ...from, rows, width, columns);
      return made;
    },

    ...optimizerOps(runtime),
  };
}

/** The rows of a buffer: how many, of how many bytes and elements. */
function rowsOf({ shape, dtype }: Signature): {
  readonly rows: number;
  readonly width: number;
  readonly columns: number;
} {
  const columns = shape.at(-1)!;
  return { rows: sizeOf(shape.slice(0, -1)), width: columns * BYTES_PER_ELEMENT[dtype], columns };
}

/** Elements of rows that a kernel takes in a microsecond, about. */
const PER_MICROSECOND = 400;

/** Runs a kernel on the rows of x, in several threads if that pays. What it returns for each of their parts. */
function byRows(
  threads: Threads,
  x: Signature,
  kernel: WasmFunction,
  values: (range: Range) => readonly number[],
): readonly number[] {
  const isDivided = isWorthwhile(threads, sizeOf(x.shape) / PER_MICROSECOND);
  const ranges = divide(rowsOf(x).rows, isDivided ? threads.parts : 1);
  return threads.run(ranges.map((range) => [{ kernel, values: values(range) }]));
}

function gradient(runtime: Runtime, name: string): Kernel<None> {
  const { memory, threads } = runtime;
  const kernel = byDType(runtime, name);
  return ([y, dy], _attrs, [signature]) => {
    const from = [memory.address(y!), memory.address(dy!)];
    const out = memory.make(signature!);
    const { width } = rowsOf(y!);
    const pointers = [memory.address(out), ...from];
    byRows(threads, y!, kernel(y!.dtype), ({ first, count }) => [
      ...pointers.map((pointer) => pointer + first * width),
      count,
      width,
    ]);
    return [out];
  };
}

function crossEntropy(runtime: Runtime, name: string): Kernel<CrossEntropyAttrs> {
  const { memory, threads } = runtime;
  const kernel = byDType(runtime, name);
  return ([x, targets], { ignoreIndex }, signatures) => {
    const from = [memory.address(x!), memory.address(targets!)];
    const made = signatures.map((signature) => memory.make(signature));
    const { width, columns } = rowsOf(x!);
    const [losses, derivative = 0] = made.map((out) => memory.address(out));
    const [logits, wanted] = from as [number, number];
    const bytes = BYTES_PER_ELEMENT[x!.dtype];
    const ends: number[] = [];
    const left = byRows(threads, x!, kernel(x!.dtype), ({ first, count }) => {
      ends.push(first + count);
      const to = [losses! + first * bytes, derivative + first * width];
      return [...to, logits + first * width, wanted + first * 4, count, columns, ignoreIndex];
    });
    const part = left.findIndex((each) => each !== 0);
    if (part === -1) return made;
    for (const out of made) memory.free(out);
    const at = ends[part]! - left[part]!;
    throw targetOutOfRange(memory.linear.int32[wanted / 4 + at]!, at, targets!, columns, ignoreIndex);
  };
}
