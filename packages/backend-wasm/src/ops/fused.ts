import { BYTES_PER_ELEMENT, type FusedKernels, type Kernel, type None } from '@unroll/backend';
import { byRows, rowsOf } from './by-rows.ts';
import { crossEntropyOps } from './cross-entropy.ts';
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
      const { rows, width, columns } = rowsOf(inputs[0]!);
      const to = made.map((out) => memory.address(out));
      layerNormGradient(inputs[0]!.dtype)(...to, ...from, rows, width, columns);
      return made;
    },

    ...optimizerOps(runtime),
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
