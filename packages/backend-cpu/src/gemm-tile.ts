import type { TypedArray } from '@unroll/backend';

/** Rows and columns of a tile: sixteen sums are as many as the registers bear. */
export const SIDE = 4;

const edge = new Float64Array(SIDE * SIDE);

/**
 * One tile of C from a packed panel of A and one of B. `rows` and `columns` say how much of the tile lies inside of C; the
 * rest is computed from the zeros of the packing and left out.
 */
export function multiplyTile(
  out: TypedArray,
  o: number,
  stride: number,
  a: Float64Array,
  i: number,
  b: Float64Array,
  j: number,
  k: number,
  rows: number,
  columns: number,
): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let c23 = 0;
  let c30 = 0;
  let c31 = 0;
  let c32 = 0;
  let c33 = 0;
  for (const end = i + 4 * k; i < end; i += 4, j += 4) {
    const a0 = a[i]!;
    const a1 = a[i + 1]!;
    const a2 = a[i + 2]!;
    const a3 = a[i + 3]!;
    const b0 = b[j]!;
    const b1 = b[j + 1]!;
    const b2 = b[j + 2]!;
    const b3 = b[j + 3]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  const inside = rows >= SIDE && columns >= SIDE;
  const to: TypedArray = inside ? out : edge;
  const step = inside ? stride : SIDE;
  let t = inside ? o : 0;
  to[t] = c00;
  to[t + 1] = c01;
  to[t + 2] = c02;
  to[t + 3] = c03;
  t += step;
  to[t] = c10;
  to[t + 1] = c11;
  to[t + 2] = c12;
  to[t + 3] = c13;
  t += step;
  to[t] = c20;
  to[t + 1] = c21;
  to[t + 2] = c22;
  to[t + 3] = c23;
  t += step;
  to[t] = c30;
  to[t + 1] = c31;
  to[t + 2] = c32;
  to[t + 3] = c33;
  if (inside) return;
  for (let row = 0; row < Math.min(rows, SIDE); row++) {
    for (let column = 0; column < Math.min(columns, SIDE); column++)
      out[o + row * stride + column] = edge[row * SIDE + column]!;
  }
}
