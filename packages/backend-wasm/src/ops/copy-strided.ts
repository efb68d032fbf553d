import { BYTES_PER_ELEMENT, type Buffer, type Signature, sizeOf } from '@unroll/backend';
import type { WasmFunction } from '../engine.ts';
import type { WasmBuffer } from '../memory/wasm-buffer.ts';
import { forEachOffset, layout } from './layout.ts';
import type { Memory } from '../memory/memory.ts';
import type { Part, Threads } from '../threads/threads.ts';
import { LINE, divide, isWorthwhile, runInParts } from './in-parts.ts';

/** What copies: see kernels/copy.ts and kernels/transpose.ts. */
export interface CopyKernels {
  readonly memory: Memory;
  readonly threads: Threads;
  readonly copyBlocks: WasmFunction;
  readonly copyPlanes: WasmFunction;
  /** By the bytes of an element. */
  readonly copyElements: Readonly<Record<number, WasmFunction>>;
  readonly transpose: Readonly<Record<number, WasmFunction>>;
}

/** That are copied, about. */
export const BYTES_PER_MICROSECOND = 5000;

/** A new buffer with the elements of x that lie `strides` apart. */
export function copyStrided(
  { memory, threads, copyBlocks, copyPlanes, copyElements, transpose }: CopyKernels,
  x: Buffer,
  signature: Signature,
  strides: readonly number[],
): WasmBuffer {
  const from = memory.address(x);
  const output = memory.make(signature);
  if (sizeOf(signature.shape) === 0) return output;

  const bytes = BYTES_PER_ELEMENT[signature.dtype];
  const space = layout(signature.shape, [strides]);
  const inner = space.lengths.length - 1;
  // Without axes there is one element.
  const columns = space.lengths[inner] ?? 1;
  const rows = space.lengths[inner - 1] ?? 1;
  const columnStride = (space.strides[0]![inner] ?? 1) * bytes;
  const rowStride = (space.strides[0]![inner - 1] ?? 0) * bytes;
  const width = columns * bytes;

  const isDivided = isWorthwhile(threads, (sizeOf(signature.shape) * bytes) / BYTES_PER_MICROSECOND);
  const planes = space.lengths[0]!;
  if (inner === 2 && columnStride === bytes && (!isDivided || planes >= threads.parts)) {
    // One call a thread for an exchange of axes, such as batch and time.
    const planeStride = space.strides[0]![0]! * bytes;
    const [to, plane] = [memory.address(output), rows * width];
    threads.post(
      divide(planes, isDivided ? threads.parts : 1).map(({ first, count }) => {
        const [out, x] = [to + first * plane, from + first * planeStride];
        return [{ kernel: copyPlanes, values: [count, out, plane, x, planeStride, rowStride, width, rows] }];
      }),
    );
    return output;
  }
  const ranges = divide(rows, isDivided ? threads.parts : 1, LINE / bytes);
  const calls: Part[] = [];
  const run = (kernel: WasmFunction, ...values: readonly number[]): void => {
    if (isDivided) calls.push([{ kernel, values }]);
    else kernel(...values);
  };
  let to = memory.address(output);
  forEachOffset(space, inner - 1, ([offset]) => {
    const start = from + offset! * bytes;
    for (const { first, count } of ranges) {
      const [out, x] = [to + first * width, start + first * rowStride];
      if (columnStride === bytes) {
        run(copyBlocks, out, width, x, rowStride, width, count);
      } else if (rowStride === bytes && columnStride > 0) {
        run(transpose[bytes]!, out, width, x, columnStride, columns, count);
      } else {
        run(copyElements[bytes]!, out, x, count, columns, rowStride, columnStride);
      }
    }
    to += rows * width;
  });
  if (isDivided) runInParts(threads, calls);
  return output;
}
