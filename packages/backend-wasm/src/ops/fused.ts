import {
  BYTES_PER_ELEMENT,
  type Buffer,
  type CrossEntropyAttrs,
  type FusedKernels,
  type Kernel,
  type None,
  type Signature,
  sizeOf,
  targetOutOfRange,
} from '@unroll/backend';
import type { WasmBuffer } from '../memory/wasm-buffer.ts';
import { vectors } from './elementwise.ts';
import { type Runtime, byDType } from './runtime.ts';

/** Kernels for all whole ops of the contract. */
export function fusedOps(runtime: Runtime): Required<FusedKernels> {
  const { memory } = runtime;
  const [softmax, logSoftmax] = [byDType(runtime, 'softmax'), byDType(runtime, 'logSoftmax')];
  const [layerNorm, layerNormGradient] = [byDType(runtime, 'layerNorm'), byDType(runtime, 'layerNormGradient')];
  const sumOfSquares = byDType(runtime, 'sumOfSquares');
  const [adam, sgd, rmsProp] = [step(runtime, 'adam'), step(runtime, 'sgd'), step(runtime, 'rmsProp')];
  const [sgdMomentum, sgdNesterov] = [step(runtime, 'sgdMomentum'), step(runtime, 'sgdNesterov')];
  return {
    softmax: ([x], { empty }, [signature]) => {
      const from = memory.address(x!);
      const out = memory.make(signature!);
      const { rows, width } = rowsOf(x!);
      softmax(x!.dtype)(memory.address(out), from, rows, width, empty === 'zero' ? 1 : 0);
      return [out];
    },
    logSoftmax: ([x], _attrs, [signature]) => {
      const from = memory.address(x!);
      const out = memory.make(signature!);
      const { rows, width } = rowsOf(x!);
      logSoftmax(x!.dtype)(memory.address(out), from, rows, width);
      return [out];
    },
    softmaxGradient: gradient(runtime, 'softmaxGradient'),
    logSoftmaxGradient: gradient(runtime, 'logSoftmaxGradient'),

    crossEntropy: crossEntropy(runtime, 'crossEntropy'),
    crossEntropyWithGradient: crossEntropy(runtime, 'crossEntropyWithGradient'),

    layerNorm: (inputs, { epsilon }, signatures) => {
      const from = inputs.map((input) => memory.address(input));
      const made = signatures.map((signature) => memory.make(signature));
      const { rows, width, columns } = rowsOf(inputs[0]!);
      const to = made.map((out) => memory.address(out));
      layerNorm(inputs[0]!.dtype)(...to, ...from, rows, width, columns, epsilon);
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

    sgd: (inputs, { rate, weightDecay }, signatures) => sgd(inputs, signatures, [rate, weightDecay]),
    sgdMomentum: (inputs, { rate, weightDecay, momentum, share, nesterov }, signatures) =>
      (nesterov ? sgdNesterov : sgdMomentum)(inputs, signatures, [rate, weightDecay, momentum, share]),
    rmsProp: (inputs, { rate, weightDecay, alpha, epsilon }, signatures) =>
      rmsProp(inputs, signatures, [rate, weightDecay, alpha, 1 - alpha, epsilon]),
    adam: (inputs, { rate, weightDecay, beta1, beta2, epsilon, shrink }, signatures) =>
      adam(inputs, signatures, [rate, weightDecay, beta1, 1 - beta1, beta2, 1 - beta2, epsilon, shrink]),

    sumOfSquares: (inputs, _attrs, [signature]) => {
      const sumOf = sumOfSquares(signature!.dtype);
      const bytes = BYTES_PER_ELEMENT[signature!.dtype];
      const total = inputs.reduce((sum, x) => sum + sumOf(memory.address(x), sizeOf(x.shape) * bytes), 0);
      const out = memory.make(signature!);
      memory.fill(out, total);
      return [out];
    },
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

function gradient(runtime: Runtime, name: string): Kernel<None> {
  const { memory } = runtime;
  const kernel = byDType(runtime, name);
  return ([y, dy], _attrs, [signature]) => {
    const from = [memory.address(y!), memory.address(dy!)];
    const out = memory.make(signature!);
    const { rows, width } = rowsOf(y!);
    kernel(y!.dtype)(memory.address(out), ...from, rows, width);
    return [out];
  };
}

function crossEntropy(runtime: Runtime, name: string): Kernel<CrossEntropyAttrs> {
  const { memory } = runtime;
  const kernel = byDType(runtime, name);
  return ([x, targets], { ignoreIndex }, signatures) => {
    const from = [memory.address(x!), memory.address(targets!)];
    const made = signatures.map((signature) => memory.make(signature));
    const { rows, columns } = rowsOf(x!);
    const [losses, derivative = 0] = made.map((out) => memory.address(out));
    const left = kernel(x!.dtype)(losses!, derivative, ...from, rows, columns, ignoreIndex);
    if (left === 0) return made;
    for (const out of made) memory.free(out);
    const at = rows - left;
    throw targetOutOfRange(memory.linear.int32[from[1]! / 4 + at]!, at, targets!, columns, ignoreIndex);
  };
}

type Step = (
  inputs: readonly Buffer[],
  outputs: readonly Signature[],
  numbers: readonly number[],
) => readonly WasmBuffer[];

function step(runtime: Runtime, name: string): Step {
  const { memory } = runtime;
  const kernel = byDType(runtime, name);
  return (inputs, signatures, numbers) => {
    const from = inputs.map((input) => memory.address(input));
    const made = signatures.map((signature) => memory.make(signature));
    const { shape, dtype } = signatures[0]!;
    const to = made.map((out) => memory.address(out));
    kernel(dtype)(vectors(sizeOf(shape), dtype), ...to, ...from, ...numbers);
    return made;
  };
}
