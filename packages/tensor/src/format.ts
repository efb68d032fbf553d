import type { Shape, TypedArray } from '@unroll/backend';
import { formatShape } from '@unroll/backend';
import type { Tensor } from './tensor.ts';

/** Longer axes show their first and last three positions. */
const EDGE = 3;
const LONGEST = 2 * EDGE + 1;

/** A tensor as people read it: `Tensor float32 [2, 2]` and its rows. */
export function formatTensor(tensor: Tensor): string {
  const head = `Tensor ${tensor.dtype} ${formatShape(tensor.shape)}`;
  if (tensor.isDisposed) return `${head} (freed)`;
  if (!tensor.backend.downloadSync) return `${head} on ${tensor.backend.name}`;
  const cells = shownCells(tensor.shape, tensor.dataSync());
  const width = Math.max(0, ...[...cells.values()].map((cell) => cell.length));
  return `${head}\n${formatAxis(tensor.shape, 0, 0, (offset) => (cells.get(offset) ?? '').padStart(width), 1)}`;
}

/** The positions of an axis that are printed; −1 stands for the gap. */
function shownPositions(length: number): readonly number[] {
  if (length <= LONGEST) return Array.from({ length }, (_, i) => i);
  return [
    ...Array.from({ length: EDGE }, (_, i) => i),
    -1,
    ...Array.from({ length: EDGE }, (_, i) => length - EDGE + i),
  ];
}

function shownCells(shape: Shape, data: TypedArray): ReadonlyMap<number, string> {
  let offsets = [0];
  for (const length of shape) {
    const positions = shownPositions(length).filter((i) => i >= 0);
    offsets = offsets.flatMap((offset) => positions.map((i) => offset * length + i));
  }
  return new Map(offsets.map((offset) => [offset, formatNumber(data[offset]!)]));
}

function formatNumber(x: number): string {
  if (Number.isInteger(x) && Math.abs(x) < 1e7) return Object.is(x, -0) ? '-0' : String(x);
  return String(Number(x.toPrecision(5)));
}

function formatAxis(
  shape: Shape,
  axis: number,
  offset: number,
  cell: (offset: number) => string,
  indent: number,
): string {
  if (axis === shape.length) return cell(offset);
  const last = axis === shape.length - 1;
  const parts = shownPositions(shape[axis]!).map((i) =>
    i < 0 ? '…' : formatAxis(shape, axis + 1, offset * shape[axis]! + i, cell, indent + 1),
  );
  const separator = last ? ', ' : `,\n${' '.repeat(indent)}`;
  return `[${parts.join(separator)}]`;
}
