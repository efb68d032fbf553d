import { BYTES_PER_ELEMENT, type Buffer, type PrimitiveKernels, type Shape, sizeOf } from '@unroll/backend';
import type { Part } from '../threads/threads.ts';
import { BYTES_PER_MICROSECOND, type CopyKernels, copyStrided } from './copy-strided.ts';
import { divide, isWorthwhile, runInParts } from './in-parts.ts';
import { stretchedStrides, stridesOf } from './layout.ts';
import { type Runtime, byWidth } from './runtime.ts';

/** To write more calls down for other threads takes longer than to make them. */
const MOST_CALLS = 2048;

type Movement = 'broadcast' | 'reshape' | 'transpose' | 'reverse' | 'split' | 'concat' | 'slice' | 'pad';

/** Ops that only move elements. Where the order of the elements stays, the result shares the memory of its input. */
export function movementOps(runtime: Runtime): Pick<PrimitiveKernels, Movement> {
  const { memory, kernel, threads } = runtime;
  const copyBlocks = kernel('copyBlocks');
  const clearRows = kernel('clearRows');
  const kernels: CopyKernels = {
    memory,
    threads,
    copyBlocks,
    copyPlanes: kernel('copyPlanes'),
    copyElements: byWidth(runtime, 'copyElements'),
    transpose: byWidth(runtime, 'transpose'),
  };
  /** Blocks of so many bytes, from where they lie a stride apart to where they shall. */
  const copy = (out: number, outStride: number, x: number, xStride: number, width: number, count: number): void => {
    const isDivided = isWorthwhile(threads, (width * count) / BYTES_PER_MICROSECOND);
    threads.post(
      divide(count, isDivided ? threads.parts : 1).map(({ first, count: own }) => [
        { kernel: copyBlocks, values: [out + first * outStride, outStride, x + first * xStride, xStride, width, own] },
      ]),
    );
  };
  return {
    broadcast: ([x], { shape }, [signature]) => {
      if (sizeOf(x!.shape) === sizeOf(shape)) return [memory.share(x!, shape)];
      if (sizeOf(x!.shape) === 1) {
        const { dtype } = x!;
        const value = memory.linear[dtype][memory.address(x!) / BYTES_PER_ELEMENT[dtype]]!;
        const output = memory.make(signature!);
        if (Object.is(value, 0)) {
          // As states begin. Engines fill shared memory in small steps.
          const bytes = sizeOf(shape) * BYTES_PER_ELEMENT[dtype];
          clearRows(memory.address(output), bytes, bytes, 1);
        } else memory.fill(output, value);
        return [output];
      }
      return [copyStrided(kernels, x!, signature!, stretchedStrides(x!.shape, shape))];
    },

    reshape: ([x], { shape }) => [memory.share(x!, shape)],

    transpose: ([x], { order }, [signature]) => {
      if (keepsElements(x!.shape, order)) return [memory.share(x!, signature!.shape)];
      const strides = stridesOf(x!.shape);
      const reordered = order.map((axis) => strides[axis]!);
      return [copyStrided(kernels, x!, signature!, reordered)];
    },

    reverse: ([x], { axis }, [signature]) => {
      const { outer, length, step } = around(x!, x!.shape, axis);
      if (length <= 1) return [memory.share(x!)];
      const from = memory.address(x!);
      const output = memory.make(signature!);
      const out = memory.address(output);
      const valuesOf = (block: number): readonly number[] => {
        const start = block * length * step;
        return [out + start, step, from + start + (length - 1) * step, -step, step, length];
      };
      if (outer <= MOST_CALLS && isWorthwhile(threads, (outer * length * step) / BYTES_PER_MICROSECOND)) {
        const calls = Array.from({ length: outer }, (_, i): Part => [{ kernel: copyBlocks, values: valuesOf(i) }]);
        runInParts(threads, calls);
      } else for (let block = 0; block < outer; block++) copyBlocks(...valuesOf(block));
      return [output];
    },

    split: ([x], { axis, sizes }, signatures) => {
      if (sizes.length === 1) return [memory.share(x!)];
      const from = memory.address(x!);
      const { outer, length, step } = around(x!, x!.shape, axis);
      let start = 0;
      return sizes.map((size, i) => {
        const output = memory.make(signatures[i]!);
        copy(memory.address(output), size * step, from + start * step, length * step, size * step, outer);
        start += size;
        return output;
      });
    },

    concat: (inputs, { axis }, [signature]) => {
      if (inputs.length === 1) return [memory.share(inputs[0]!)];
      const parts = inputs.map((input) => memory.address(input));
      const output = memory.make(signature!);
      const out = memory.address(output);
      const { outer, length, step } = around(output, signature!.shape, axis);
      let start = 0;
      parts.forEach((part, i) => {
        const size = inputs[i]!.shape[axis]!;
        copy(out + start * step, length * step, part, size * step, size * step, outer);
        start += size;
      });
      return [output];
    },

    slice: ([x], { axis, start, size }, [signature]) => {
      const { outer, length, step } = around(x!, x!.shape, axis);
      if (size === length) return [memory.share(x!)];
      const from = memory.address(x!);
      const output = memory.make(signature!);
      copy(memory.address(output), size * step, from + start * step, length * step, size * step, outer);
      return [output];
    },

    pad: ([x], { axis, before, after }, [signature]) => {
      if (before === 0 && after === 0) return [memory.share(x!)];
      const from = memory.address(x!);
      const output = memory.make(signature!);
      memory.fill(output, 0);
      const { outer, length, step } = around(output, signature!.shape, axis);
      const width = x!.shape[axis]! * step;
      copy(memory.address(output) + before * step, length * step, from, width, width, outer);
      return [output];
    },
  };
}

/** Whether elements stay in order when axes take this one: axes of length 1 may lie anywhere. */
function keepsElements(shape: Shape, order: readonly number[]): boolean {
  let before = -1;
  for (const axis of order) {
    if (shape[axis] === 1) continue;
    if (axis < before) return false;
    before = axis;
  }
  return true;
}

/** A shape seen from one axis: the number of positions before it, its length, and the bytes of one step along it. */
function around({ dtype }: Buffer, shape: Shape, axis: number): { outer: number; length: number; step: number } {
  return {
    outer: sizeOf(shape.slice(0, axis)),
    length: shape[axis]!,
    step: sizeOf(shape.slice(axis + 1)) * BYTES_PER_ELEMENT[dtype],
  };
}
