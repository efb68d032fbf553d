import { type PrimitiveKernels, type Shape, sameShape, sizeOf } from '@unroll/backend';
import { copyBlock, copyStrided } from './copy.ts';
import type { Memory } from './memory.ts';
import { stretchedStrides, stridesOf } from './strides.ts';

type Movement = 'broadcast' | 'reshape' | 'transpose' | 'reverse' | 'split' | 'concat' | 'slice' | 'pad';

/** Kernels that only move elements. Where the order of the elements stays, the result shares the memory of its input. */
export function movementKernels(memory: Memory): Pick<PrimitiveKernels, Movement> {
  return {
    broadcast: ([x], { shape }, [signature]) => {
      if (sizeOf(x!.shape) === sizeOf(shape)) return [memory.share(x!, shape)];
      const data = memory.read(x!);
      const out = memory.make(signature!);
      if (data.length === 1) memory.read(out).fill(data[0]!);
      else copyStrided(memory.read(out), data, shape, stretchedStrides(x!.shape, shape));
      return [out];
    },

    reshape: ([x], { shape }) => [memory.share(x!, shape)],

    transpose: ([x], { order }, [signature]) => {
      if (keepsOrder(x!.shape, order)) return [memory.share(x!, signature!.shape)];
      const data = memory.read(x!);
      const out = memory.make(signature!);
      const strides = stridesOf(x!.shape);
      copyStrided(
        memory.read(out),
        data,
        signature!.shape,
        order.map((axis) => strides[axis]!),
      );
      return [out];
    },

    reverse: ([x], { axis }, [signature]) => {
      const { outer, length, inner } = around(x!.shape, axis);
      if (length === 1) return [memory.share(x!)];
      const data = memory.read(x!);
      const output = memory.make(signature!);
      const out = memory.read(output);
      for (let block = 0; block < outer; block++) {
        const start = block * length;
        for (let i = 0; i < length; i++) {
          copyBlock(out, (start + i) * inner, data, (start + length - 1 - i) * inner, inner);
        }
      }
      return [output];
    },

    split: ([x], { axis, sizes }, signatures) => {
      if (sizes.length === 1) return [memory.share(x!)];
      const data = memory.read(x!);
      const { outer, length, inner } = around(x!.shape, axis);
      let start = 0;
      return sizes.map((size, i) => {
        const output = memory.make(signatures[i]!);
        const out = memory.read(output);
        const width = size * inner;
        for (let block = 0; block < outer; block++) {
          copyBlock(out, block * width, data, (block * length + start) * inner, width);
        }
        start += size;
        return output;
      });
    },

    concat: (inputs, { axis }, [signature]) => {
      if (inputs.length === 1) return [memory.share(inputs[0]!)];
      const parts = inputs.map((input) => memory.read(input));
      const output = memory.make(signature!);
      const out = memory.read(output);
      const { outer, length, inner } = around(signature!.shape, axis);
      let start = 0;
      parts.forEach((part, i) => {
        const size = inputs[i]!.shape[axis]!;
        const width = size * inner;
        for (let block = 0; block < outer; block++) {
          copyBlock(out, (block * length + start) * inner, part, block * width, width);
        }
        start += size;
      });
      return [output];
    },

    slice: ([x], { axis, start, size }, [signature]) => {
      const { outer, length, inner } = around(x!.shape, axis);
      if (size === length) return [memory.share(x!)];
      const data = memory.read(x!);
      const output = memory.make(signature!);
      const out = memory.read(output);
      const width = size * inner;
      for (let block = 0; block < outer; block++) {
        copyBlock(out, block * width, data, (block * length + start) * inner, width);
      }
      return [output];
    },

    pad: ([x], { axis, before, after }, [signature]) => {
      if (before === 0 && after === 0) return [memory.share(x!)];
      const data = memory.read(x!);
      const output = memory.make(signature!);
      const out = memory.read(output).fill(0);
      const { outer, length, inner } = around(signature!.shape, axis);
      const width = x!.shape[axis]! * inner;
      for (let block = 0; block < outer; block++) {
        copyBlock(out, (block * length + before) * inner, data, block * width, width);
      }
      return [output];
    },
  };
}

/** A shape seen from one axis: the number of positions before it, its length, and the number of elements within one step. */
function around(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}

/** Whether the axes that are longer than 1 stay in their order. */
function keepsOrder(shape: Shape, order: readonly number[]): boolean {
  const long = order.filter((axis) => shape[axis] !== 1);
  return sameShape(
    long,
    long.toSorted((a, b) => a - b),
  );
}
