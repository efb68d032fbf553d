import {
  BYTES_PER_ELEMENT,
  type FusedKernels,
  type Kernel,
  type None,
  type PrimitiveKernels,
  sizeOf,
} from '@unroll/backend';
import type { Call } from '../threads/threads.ts';
import { PER_MICROSECOND, byRows, rowsOf } from './by-rows.ts';
import { LINE, divide, isWorthwhile } from './in-parts.ts';
import { crossEntropyOps } from './cross-entropy.ts';
import { optimizerOps } from './optimizers.ts';
import { type Runtime, byDType } from './runtime.ts';
import { productOverTime } from './product-over-time.ts';
import { sumOfProducts } from './sum-of-products.ts';

/** Kernels for all whole ops of the contract. */
export function fusedOps(runtime: Runtime, primitives: PrimitiveKernels): Required<FusedKernels> {
  const { memory, threads } = runtime;
  const [softmax, logSoftmax] = [byDType(runtime, 'softmax'), byDType(runtime, 'logSoftmax')];
  const [layerNorm, layerNormGradient] = [byDType(runtime, 'layerNorm'), byDType(runtime, 'layerNormGradient')];
  const gradientOfX = byDType(runtime, 'layerNormGradientOfX');
  const gradientTotals = byDType(runtime, 'layerNormGradientTotals');
  const oneHot = byDType(runtime, 'oneHot');
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

    ...crossEntropyOps(runtime),

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
      const { dtype, shape } = inputs[0]!;
      const { rows, width, columns } = rowsOf(inputs[0]!);
      const [dx, dWeight, dBias] = made.map((out) => memory.address(out)) as [number, number, number];
      const [x, weight, mean, d, dy] = from as [number, number, number, number, number];
      if (!isWorthwhile(threads, sizeOf(shape) / PER_MICROSECOND)) {
        layerNormGradient(dtype)(dx, dWeight, dBias, ...from, rows, width, width, columns);
        return made;
      }
      // Rows of the one and columns of the others: all numbers are computed as above.
      const bytes = BYTES_PER_ELEMENT[dtype];
      const ofColumns = divide(columns, threads.parts, LINE / bytes);
      const parts = divide(rows, threads.parts).map(({ first, count }): Call[] => {
        const [at, perRow] = [first * width, first * bytes];
        const values = [
          dx + at,
          0,
          0,
          x + at,
          weight,
          mean + perRow,
          d + perRow,
          dy + at,
          count,
          width,
          width,
          columns,
        ];
        return [{ kernel: gradientOfX(dtype), values }];
      });
      for (const [i, { first, count }] of ofColumns.entries()) {
        const at = first * bytes;
        const values = [0, dWeight + at, dBias + at, x + at, 0, mean, d, dy + at, rows, count * bytes, width, columns];
        (parts[i] ??= []).push({ kernel: gradientTotals(dtype), values });
      }
      threads.post(parts);
      return made;
    },

    ...optimizerOps(runtime),

    oneHot: ([indices], { depth }, [signature]) => {
      const from = memory.address(indices!);
      const kernel = oneHot(signature!.dtype);
      const made = memory.make(signature!);
      const to = memory.address(made);
      const { width } = rowsOf(signature!);
      byRows(threads, signature!, kernel, ({ first, count }) => {
        return [to + first * width, from + first * BYTES_PER_ELEMENT.int32, count, depth];
      });
      return [made];
    },

    productOverTime: productOverTime(runtime, primitives),
    sumOfProducts: sumOfProducts(runtime, primitives),
  };
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
