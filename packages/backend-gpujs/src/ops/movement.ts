import { type Buffer, type PrimitiveKernels, type Shape, type Signature, sizeOf, withAxis } from '@unroll/backend';
import type { GpuBuffer, Memory } from '../memory.ts';
import { type Walk, collapsed, isContiguous, stretched, stridesOf } from './nest.ts';
import { joined } from './joined.ts';
import { pointwise } from './pointwise.ts';
import { filled } from './filled.ts';

type Movement = 'broadcast' | 'reshape' | 'transpose' | 'reverse' | 'split' | 'concat' | 'slice' | 'pad';

export function movementOps(memory: Memory): Pick<PrimitiveKernels, Movement> {
  const { device } = memory;

  /** The elements that a walk meets: one copy, or none if that is all of them in their order. */
  const walked = (op: Movement, x: Buffer, walk: Walk, output: Signature): GpuBuffer => {
    const { shape } = output;
    const { lengths, walks } = collapsed(shape, [walk]);
    const size = sizeOf(shape);
    if (size === sizeOf(x.shape) && isContiguous(lengths, walks[0]!)) return memory.share(x, output);
    const host = memory.host(x);
    if (host) return memory.partOfHost(x, walkedOnHost(host, shape, walk), output, walk);
    if (size === 0) return filled(memory, output, 0);
    const operands = [{ handle: memory.handle(x, op), walk }];
    const handle = pointwise(device, { name: op, shape, operands, formula: (value) => value });
    return memory.own(handle, output, memory.content(x, 'read').below);
  };

  const sliced = (op: Movement, x: Buffer, axis: number, start: number, output: Signature): GpuBuffer => {
    const strides = stridesOf(x.shape);
    return walked(op, x, { strides, offset: start * strides[axis]! }, output);
  };

  return {
    broadcast: ([x], _attrs, [output]) => [walked('broadcast', x!, stretched(x!.shape, output!.shape), output!)],

    reshape: ([x], _attrs, [output]) => [memory.share(x!, output)],

    transpose: ([x], { order }, [output]) => {
      const own = stridesOf(x!.shape);
      return [walked('transpose', x!, { strides: order.map((axis) => own[axis]!), offset: 0 }, output!)];
    },

    reverse: ([x], { axis }, [output]) => {
      const strides = stridesOf(x!.shape);
      const length = x!.shape[axis]!;
      if (length < 2) return [memory.share(x!)];
      const offset = (length - 1) * strides[axis]!;
      return [walked('reverse', x!, { strides: strides.map((s, i) => (i === axis ? -s : s)), offset }, output!)];
    },

    split: ([x], { axis, sizes }, outputs) => {
      let start = 0;
      return outputs.map((output, i) => {
        const piece = sliced('split', x!, axis, start, output);
        start += sizes[i]!;
        return piece;
      });
    },

    slice: ([x], { axis, start }, [output]) => [sliced('slice', x!, axis, start, output!)],

    concat: (inputs, { axis }, [output]) => {
      const pieces = inputs.filter((input) => sizeOf(input.shape) > 0);
      if (pieces.length === 0) return [filled(memory, output!, 0)];
      if (pieces.length === 1) return [memory.share(pieces[0]!, output)];
      const hosts = pieces.map((piece) => memory.host(piece));
      if (hosts.every((host) => host !== undefined)) {
        return [memory.fromHost(joinedOnHost(hosts, pieces, axis, output!.shape), output!)];
      }
      const handles = pieces.map((piece) => ({
        handle: memory.handle(piece, 'concat'),
        size: sizeOf(piece.shape.slice(axis)),
      }));
      const handle = joined(device, sizeOf(output!.shape.slice(0, axis)), handles);
      const bounds = pieces.map((piece) => memory.content(piece, 'read').below);
      return [memory.own(handle, output!, bounds.includes(-1) ? -1 : Math.max(...bounds))];
    },

    pad: ([x], { axis, before, after }, [output]) => {
      if (before === 0 && after === 0) return [memory.share(x!)];
      if (sizeOf(x!.shape) === 0) return [filled(memory, output!, 0)];
      const host = memory.host(x!);
      if (host) {
        const zeros = (length: number): Signature => ({ shape: withAxis(x!.shape, axis, length), dtype: 'int32' });
        const pieces = [zeros(before), x!, zeros(after)];
        const arrays = pieces.map((piece, i) => (i === 1 ? host : new Int32Array(sizeOf(piece.shape))));
        return [memory.fromHost(joinedOnHost(arrays, pieces, axis, output!.shape), output!)];
      }
      const inner = sizeOf(x!.shape.slice(axis + 1));
      const [start, width, total] = [before, x!.shape[axis]!, output!.shape[axis]!].map((n) => n * inner) as [
        number,
        number,
        number,
      ];
      const source =
        `function(X){if(column<${start}){return 0;}if(column>=${start + width}){return 0;}` +
        `return X[row*${width}+column-${start}];}`;
      const handle = device.run(
        { name: 'pad', source, width: total, rows: sizeOf(output!.shape.slice(0, axis)), components: 1, inputs: [1] },
        [memory.handle(x!, 'pad')],
      );
      return [memory.own(handle, output!)];
    },
  };
}

function walkedOnHost(from: Int32Array, shape: Shape, { strides, offset }: Walk): Int32Array {
  const out = new Int32Array(sizeOf(shape));
  let next = 0;
  const walk = (axis: number, at: number): void => {
    if (axis === shape.length) out[next++] = from[at]!;
    else for (let i = 0; i < shape[axis]!; i++) walk(axis + 1, at + i * strides[axis]!);
  };
  walk(0, offset);
  return out;
}

function joinedOnHost(
  arrays: readonly Int32Array[],
  pieces: readonly Signature[],
  axis: number,
  shape: Shape,
): Int32Array {
  const out = new Int32Array(sizeOf(shape));
  const widths = pieces.map((piece) => sizeOf(piece.shape.slice(axis)));
  let next = 0;
  for (let row = 0; row < sizeOf(shape.slice(0, axis)); row++) {
    for (const [i, array] of arrays.entries()) {
      out.set(array.subarray(row * widths[i]!, (row + 1) * widths[i]!), next);
      next += widths[i]!;
    }
  }
  return out;
}
