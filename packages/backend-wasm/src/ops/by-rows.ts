import { BYTES_PER_ELEMENT, type Signature, sizeOf } from '@unroll/backend';
import type { WasmFunction } from '../engine.ts';
import type { Part, Threads } from '../threads/threads.ts';
import { type Range, divide, isWorthwhile } from './in-parts.ts';

/** The rows of a buffer: how many, of how many bytes and elements. */
export function rowsOf({ shape, dtype }: Signature): {
  readonly rows: number;
  readonly width: number;
  readonly columns: number;
} {
  const columns = shape.at(-1)!;
  return { rows: sizeOf(shape.slice(0, -1)), width: columns * BYTES_PER_ELEMENT[dtype], columns };
}

/** Elements of rows that a kernel takes in a microsecond, about. */
export const PER_MICROSECOND = 400;

/** Runs a kernel on the rows of x, in several threads if that pays. */
export function byRows(
  threads: Threads,
  x: Signature,
  kernel: WasmFunction,
  values: (range: Range) => readonly number[],
): void {
  threads.post(partsByRows(threads, x, kernel, values));
}

/** The same, to be run: where what the kernel returns for each part is wanted. */
export function partsByRows(
  threads: Threads,
  x: Signature,
  kernel: WasmFunction,
  values: (range: Range) => readonly number[],
): readonly Part[] {
  const isDivided = isWorthwhile(threads, sizeOf(x.shape) / PER_MICROSECOND);
  const ranges = divide(rowsOf(x).rows, isDivided ? threads.parts : 1);
  return ranges.map((range) => [{ kernel, values: values(range) }]);
}
