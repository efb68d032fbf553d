import type { TypedArray } from '@unroll/backend';
import type { Matrix } from './matrix.ts';

let sums = new Float64Array(0);

/** One row: C from `o` on = (A from `i` on)·B, for B [k, n]. Nothing is packed, as each element of B is used once. */
export function multiplyVector(c: Matrix, o: number, a: Matrix, i: number, b: Matrix, k: number, n: number): void {
  if (b.column === 1) addRows(c.data, o, c.column, a.data, i, a.column, b.data, b.start, b.row, k, n);
  else dotColumns(c.data, o, c.column, a.data, i, a.column, b.data, b.start, b.row, b.column, k, n);
}

/** C = A·B for A [m, 1] and B [1, n]. */
export function outerProduct(c: Matrix, a: Matrix, b: Matrix, m: number, n: number): void {
  for (let row = 0; row < m; row++) {
    scaleRow(c.data, c.start + row * c.row, c.column, a.data[a.start + row * a.row]!, b.data, b.start, b.column, n);
  }
}

function scaleRow(
  y: TypedArray,
  o: number,
  yStep: number,
  factor: number,
  b: TypedArray,
  j: number,
  column: number,
  n: number,
): void {
  for (let q = 0; q < n; q++) y[o + q * yStep] = factor * b[j + q * column]!;
}

/** Along the rows of B: four of them, each times its element of x, per pass over y. */
function addRows(
  y: TypedArray,
  o: number,
  yStep: number,
  x: TypedArray,
  i: number,
  xStep: number,
  b: TypedArray,
  j: number,
  row: number,
  k: number,
  n: number,
): void {
  if (sums.length < n) sums = new Float64Array(n);
  const total = sums.fill(0, 0, n);
  let p = 0;
  for (; p + 3 < k; p += 4, i += 4 * xStep, j += 4 * row) {
    const x0 = x[i]!;
    const x1 = x[i + xStep]!;
    const x2 = x[i + 2 * xStep]!;
    const x3 = x[i + 3 * xStep]!;
    let j0 = j;
    let j1 = j + row;
    let j2 = j + 2 * row;
    let j3 = j + 3 * row;
    for (let column = 0; column < n; column++) {
      total[column] = total[column]! + x0 * b[j0++]! + x1 * b[j1++]! + x2 * b[j2++]! + x3 * b[j3++]!;
    }
  }
  for (; p < k; p++, i += xStep, j += row) {
    const value = x[i]!;
    for (let column = 0, from = j; column < n; column++, from++) total[column] = total[column]! + value * b[from]!;
  }
  for (let column = 0; column < n; column++, o += yStep) y[o] = total[column]!;
}

/** Along the columns of B, four at a time. */
function dotColumns(
  y: TypedArray,
  o: number,
  yStep: number,
  x: TypedArray,
  start: number,
  xStep: number,
  b: TypedArray,
  j: number,
  row: number,
  column: number,
  k: number,
  n: number,
): void {
  let q = 0;
  for (; q + 3 < n; q += 4, j += 4 * column) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let j0 = j;
    let j1 = j + column;
    let j2 = j + 2 * column;
    let j3 = j + 3 * column;
    for (let p = 0, i = start; p < k; p++, i += xStep) {
      const value = x[i]!;
      s0 += value * b[j0]!;
      s1 += value * b[j1]!;
      s2 += value * b[j2]!;
      s3 += value * b[j3]!;
      j0 += row;
      j1 += row;
      j2 += row;
      j3 += row;
    }
    // Step by step: written at o + 2 * yStep, WebKit's optimizing compiler (2.50) made the third sum NaN once it had seen all dtypes.
    y[o] = s0;
    o += yStep;
    y[o] = s1;
    o += yStep;
    y[o] = s2;
    o += yStep;
    y[o] = s3;
    o += yStep;
  }
  for (; q < n; q++, j += column, o += yStep) {
    let total = 0;
    for (let p = 0, i = start, from = j; p < k; p++, i += xStep, from += row) total += x[i]! * b[from]!;
    y[o] = total;
  }
}
