import { BYTES_PER_ELEMENT, type Buffer, type Signature, sizeOf } from '@unroll/backend';
import type { WasmFunction } from '../engine.ts';
import type { WasmBuffer } from '../memory/wasm-buffer.ts';
import { forEachOffset, layout } from './layout.ts';
import type { Memory } from '../memory/memory.ts';

/** What copies: see kernels/copy.ts and kernels/transpose.ts. */
export interface CopyKernels {
  readonly memory: Memory;
  readonly copyBlocks: WasmFunction;
  /** By the bytes of an element. */
  readonly copyElements: Readonly<Record<number, WasmFunction>>;
  readonly transpose: Readonly<Record<number, WasmFunction>>;
}

/** A new buffer with the elements of x that lie `strides` apart. */
export function copyStrided(
  { memory, copyBlocks, copyElements, transpose }: CopyKernels,
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

  let to = memory.address(output);
  forEachOffset(space, inner - 1, ([offset]) => {
    const start = from + offset! * bytes;
    if (columnStride === bytes) copyBlocks(to, width, start, rowStride, width, rows);
    else if (rowStride === bytes && columnStride > 0) transpose[bytes]!(to, width, start, columnStride, columns, rows);
    else copyElements[bytes]!(to, start, rows, columns, rowStride, columnStride);
    to += rows * width;
  });
  return output;
}
