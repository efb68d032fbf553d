import {
  type AdamAttrs,
  BYTES_PER_ELEMENT,
  type Buffer,
  type FusedKernels,
  type Signature,
  sizeOf,
} from '@unroll/backend';
import type { WasmBuffer } from '../memory/wasm-buffer.ts';
import type { Call, Part } from '../threads/threads.ts';
import { IN_A_LINE, VECTOR, vectors } from './elementwise.ts';
import { divide, isWorthwhile } from './in-parts.ts';
import { type Runtime, byDType } from './runtime.ts';

type Optimizers = 'adam' | 'adamOfAll' | 'sgd' | 'sgdMomentum' | 'rmsProp' | 'sumOfSquares';

export function optimizerOps(runtime: Runtime): Required<Pick<FusedKernels, Optimizers>> {
  const { memory, threads } = runtime;
  const [adam, sgd, rmsProp] = [steps(runtime, 'adam', 4), steps(runtime, 'sgd', 2), steps(runtime, 'rmsProp', 3)];
  const [sgdMomentum, sgdNesterov] = [steps(runtime, 'sgdMomentum', 3), steps(runtime, 'sgdNesterov', 3)];
  const sumOfSquares = byDType(runtime, 'sumOfSquares');
  return {
    adam: (inputs, attrs, signatures) => adam(inputs, signatures, numbersOfAdam(attrs)),
    adamOfAll: (inputs, attrs, signatures) => adam(inputs, signatures, numbersOfAdam(attrs)),
    sgd: (inputs, { rate, weightDecay }, signatures) => sgd(inputs, signatures, [rate, weightDecay]),
    sgdMomentum: (inputs, { rate, weightDecay, momentum, share, nesterov }, signatures) =>
      (nesterov ? sgdNesterov : sgdMomentum)(inputs, signatures, [rate, weightDecay, momentum, share]),
    rmsProp: (inputs, { rate, weightDecay, alpha, epsilon }, signatures) =>
      rmsProp(inputs, signatures, [rate, weightDecay, alpha, 1 - alpha, epsilon]),

    sumOfSquares: (inputs, _attrs, [signature]) => {
      const { dtype } = signature!;
      const from = inputs.map((input) => memory.address(input));
      const out = memory.make(signature!);
      const widths = inputs.map(({ shape }) => sizeOf(shape) * BYTES_PER_ELEMENT[dtype]);
      // The sum of each input is one number, whoever finds it; they are added in order.
      memory.withScratch(inputs.length * DOUBLE, (sums) => {
        const calls = from.map((x, i): Call => {
          return { kernel: sumOfSquares(dtype), values: [sums + i * DOUBLE, x, widths[i]!] };
        });
        const total = widths.reduce((sum, width) => sum + width, 0);
        const isDivided = isWorthwhile(threads, total / VECTOR / VECTORS_PER_MICROSECOND);
        threads.run(isDivided ? evenly(calls, widths, threads.parts) : [calls]);
        const first = sums / DOUBLE;
        memory.fill(
          out,
          memory.linear.float64.subarray(first, first + inputs.length).reduce((sum, each) => sum + each, 0),
        );
      });
      return [out];
    },
  };
}

function numbersOfAdam({ rate, weightDecay, beta1, beta2, epsilon, shrink }: AdamAttrs): readonly number[] {
  return [rate, weightDecay, beta1, 1 - beta1, beta2, 1 - beta2, epsilon, shrink];
}

type Steps = (
  inputs: readonly Buffer[],
  outputs: readonly Signature[],
  numbers: readonly number[],
) => readonly WasmBuffer[];

/** Bytes. */
const DOUBLE = 8;

/** Each call, the most work first, to the part that has least so far. */
function evenly(calls: readonly Call[], work: readonly number[], parts: number): readonly Part[] {
  const heaps = Array.from({ length: parts }, (): { work: number; readonly calls: Call[] } => ({ work: 0, calls: [] }));
  const order = calls.map((_, i) => i).toSorted((i, j) => work[j]! - work[i]!);
  for (const i of order) {
    const least = heaps.reduce((a, b) => (b.work < a.work ? b : a));
    least.work += work[i]!;
    least.calls.push(calls[i]!);
  }
  return heaps.filter((heap) => heap.calls.length > 0).map((heap) => heap.calls);
}

/** Vectors of an update that are read in a microsecond, about. */
const VECTORS_PER_MICROSECOND = 1000;

/** Steps of any number of parameters, for each of which there are so many inputs. Together they are divided as one would be. */
function steps(runtime: Runtime, name: string, inputsOfEach: number): Steps {
  const { memory, threads } = runtime;
  const kernelOf = byDType(runtime, name);
  return (inputs, signatures, numbers) => {
    const from = inputs.map((input) => memory.address(input));
    const made = signatures.map((signature) => memory.make(signature));
    const to = made.map((out) => memory.address(out));
    const count = inputs.length / inputsOfEach;
    const outputsOfEach = made.length / count;
    const { dtype } = signatures[0]!;
    const kernel = kernelOf(dtype);
    const passes: number[] = [];
    // In lines, as no two threads may write to one; each buffer begins one.
    const ends: number[] = [];
    let lines = 0;
    for (let i = 0; i < count; i++) {
      const own = vectors(sizeOf(signatures[i * outputsOfEach]!.shape), dtype);
      passes.push(own);
      ends.push((lines += Math.ceil(own / IN_A_LINE)));
    }
    const isDivided = isWorthwhile(threads, (lines * IN_A_LINE * inputsOfEach) / VECTORS_PER_MICROSECOND);
    const parts = divide(lines, isDivided ? threads.parts : 1).map(({ first, count: length }) => {
      const calls: Call[] = [];
      for (let i = 0, begin = 0; i < count; begin = ends[i++]!) {
        const start = Math.max(first, begin) - begin;
        const end = Math.min(first + length, ends[i]!) - begin;
        if (start >= end) continue;
        const values = [Math.min(end * IN_A_LINE, passes[i]!) - start * IN_A_LINE];
        const offset = start * IN_A_LINE * VECTOR;
        for (let j = 0; j < outputsOfEach; j++) values.push(to[i * outputsOfEach + j]! + offset);
        for (let j = 0; j < inputsOfEach; j++) values.push(from[i * inputsOfEach + j]! + offset);
        values.push(...numbers);
        calls.push({ kernel, values });
      }
      return calls;
    });
    threads.post(parts);
    return made;
  };
}
