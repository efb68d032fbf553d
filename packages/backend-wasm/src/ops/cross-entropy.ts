import { BYTES_PER_ELEMENT, type Buffer, type FusedKernels, sizeOf, targetOutOfRange } from '@unroll/backend';
import type { WasmBuffer } from '../memory/wasm-buffer.ts';
import { partsByRows, rowsOf } from './by-rows.ts';
import { type Runtime, byDType } from './runtime.ts';

type CrossEntropy = 'crossEntropy' | 'crossEntropyWithGradient' | 'crossEntropyMean';

export function crossEntropyOps(runtime: Runtime): Required<Pick<FusedKernels, CrossEntropy>> {
  const { memory } = runtime;
  const addressesOf = (buffers: readonly Buffer[]): [number, number] => [
    memory.address(buffers[0]!),
    memory.address(buffers[1]!),
  ];
  const alone = rowsKernel(runtime, 'crossEntropy');
  const withGradient = rowsKernel(runtime, 'crossEntropyWithGradient');
  const sumRows = byDType(runtime, 'sumRows');
  const targetsLeft = runtime.kernel('targetsLeft');
  return {
    crossEntropy: (inputs, { ignoreIndex }, signatures) => {
      const from = addressesOf(inputs);
      const made = signatures.map((signature) => memory.make(signature));
      alone(inputs, from, ignoreIndex, made, { losses: memory.address(made[0]!), gradient: 0, divisor: 1 });
      return made;
    },

    crossEntropyWithGradient: (inputs, { ignoreIndex }, signatures) => {
      const from = addressesOf(inputs);
      const made = signatures.map((signature) => memory.make(signature));
      const [losses, gradient] = addressesOf(made);
      withGradient(inputs, from, ignoreIndex, made, { losses, gradient, divisor: 1 });
      return made;
    },

    crossEntropyMean: (inputs, { ignoreIndex }, signatures) => {
      const from = addressesOf(inputs);
      const made = signatures.map((signature) => memory.make(signature));
      const [mean, gradient] = addressesOf(made);
      const { dtype } = made[0]!;
      const bytes = BYTES_PER_ELEMENT[dtype];
      const rows = sizeOf(inputs[1]!.shape);
      const divisor = Math.max(1, targetsLeft(from[1], rows, ignoreIndex));
      memory.fill(made[0]!, 0);
      memory.withScratch(rows * bytes, (losses) => {
        withGradient(inputs, from, ignoreIndex, made, { losses, gradient, divisor });
        sumRows(dtype)(mean, losses, 1, rows);
      });
      memory.linear[dtype][mean / bytes]! /= divisor;
      return made;
    },
  };
}

/** Where a kernel for rows writes to, and by what it divides the gradient. */
interface To {
  readonly losses: number;
  readonly gradient: number;
  readonly divisor: number;
}

type Rows = (
  inputs: readonly Buffer[],
  from: readonly [logits: number, targets: number],
  ignoreIndex: number,
  made: readonly WasmBuffer[],
  to: To,
) => void;

/** Runs a kernel on all rows; where a target is out of range, frees what was made and says so. */
function rowsKernel(runtime: Runtime, name: 'crossEntropy' | 'crossEntropyWithGradient'): Rows {
  const { memory, threads } = runtime;
  const kernel = byDType(runtime, name);
  return ([x, targets], [logits, wanted], ignoreIndex, made, { losses, gradient, divisor }) => {
    const { width, columns } = rowsOf(x!);
    const bytes = BYTES_PER_ELEMENT[x!.dtype];
    const ends: number[] = [];
    const parts = partsByRows(threads, x!, kernel(x!.dtype), ({ first, count }) => {
      ends.push(first + count);
      const to = [losses + first * bytes, gradient + first * width];
      return [...to, logits + first * width, wanted + first * 4, count, columns, ignoreIndex, divisor];
    });
    const left = threads.run(parts);
    const part = left.findIndex((each) => each !== 0);
    if (part === -1) return;
    for (const out of made) memory.free(out);
    const at = ends[part]! - left[part]!;
    throw targetOutOfRange(memory.linear.int32[wanted / 4 + at]!, at, targets!, columns, ignoreIndex);
  };
}
