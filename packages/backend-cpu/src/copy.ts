import type { Shape, TypedArray } from '@unroll/backend';
import { type Strides, coalesce, forEachOffset } from './strides.ts';

/** Below, a loop is faster than making the views that `set` wants. */
const SHORT = 48;
/** Side of the squares that a plane is transposed in: both sides' cache lines stay at hand. */
const TILE = 16;

/** Copies `n` neighbouring elements. */
export function copyBlock(out: TypedArray, o: number, x: TypedArray, i: number, n: number): void {
  if (n >= SHORT) out.set(x.subarray(i, i + n), o);
  else for (let q = 0; q < n; q++) out[o + q] = x[i + q]!;
}

/** Fills the whole of `out`, of this shape, with the elements of `x` that lie `strides` apart. */
export function copyStrided(out: TypedArray, x: TypedArray, shape: Shape, strides: Strides): void {
  if (out.length === 0) return;
  const { lengths, strides: merged } = coalesce(shape, [strides]);
  const layout = { lengths, strides: merged };
  const own = merged[0]!;
  const inner = lengths.length - 1;
  if (inner < 0) {
    out[0] = x[0]!;
    return;
  }
  const columns = lengths[inner]!;
  const step = own[inner]!;
  let o = 0;
  if (step === 1) {
    forEachOffset(layout, inner, ([i]) => {
      copyBlock(out, o, x, i!, columns);
      o += columns;
    });
  } else if (step !== 0 && inner > 0 && own[inner - 1] === 1) {
    const rows = lengths[inner - 1]!;
    forEachOffset(layout, inner - 1, ([i]) => {
      transposePlane(out, o, x, i!, rows, columns, step);
      o += rows * columns;
    });
  } else {
    forEachOffset(layout, inner, ([i]) => {
      copyRow(out, o, x, i!, step, columns);
      o += columns;
    });
  }
}

function copyRow(out: TypedArray, o: number, x: TypedArray, i: number, step: number, n: number): void {
  for (let q = 0; q < n; q++) out[o + q] = x[i + q * step]!;
}

/** out[row][column] = x[column][row], where the rows of x lie `step` apart. */
function transposePlane(
  out: TypedArray,
  o: number,
  x: TypedArray,
  i: number,
  rows: number,
  columns: number,
  step: number,
): void {
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(top + TILE, rows);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(left + TILE, columns);
      for (let row = top; row < bottom; row++) {
        const end = o + row * columns + right;
        let from = i + row + left * step;
        for (let to = o + row * columns + left; to < end; to++, from += step) out[to] = x[from]!;
      }
    }
  }
}
