import type { TypedArray } from '@unroll/backend';
import { SIDE, multiplyTile } from './gemm-tile.ts';
import { pack } from './gemm-pack.ts';
import { multiplyVector, outerProduct } from './gemv.ts';
import type { Matrix } from './matrix.ts';

/** Rows of A that are packed at a time: with k = 512, a megabyte, which the second-level cache holds. */
const ROW_BLOCK = 256;
/** Fewer rows where k is so large that the packed block would have more elements than this. */
const BLOCK_ELEMENTS = 2 ** 20;
/** Columns of B that are packed at a time: whole cache lines of a row-major B. */
const COLUMN_BLOCK = 32;

// Packed operands, kept between calls. Doubles, so that one compiled kernel serves both float types.
let packedA = new Float64Array(0);
let packedB = new Float64Array(0);

/**
 * C = A·B for A [m, k] and B [k, n]. Products add up in double precision, in the order of k.
 *
 * Both operands are first packed into panels of four rows or four columns, in the order in which they are read; four rows
 * times four columns then use each number loaded four times (Goto and van de Geijn, Anatomy of High-Performance Matrix
 * Multiplication, 2008). The strides of the operands matter to the packing alone.
 */
export function multiply(c: Matrix, a: Matrix, b: Matrix, m: number, k: number, n: number): void {
  if (k === 1) outerProduct(c, a, b, m, n);
  else if (m < SIDE && m <= n) multiplyRows(c, a, b, m, k, n);
  else if (n < SIDE) multiplyRows(transposed(c), transposed(b), transposed(a), n, k, m);
  else multiplyBlocks(c, a, b, m, k, n);
}

/** Cᵀ = Bᵀ·Aᵀ, so that few columns can be had as few rows. */
function transposed({ data, start, row, column }: Matrix): Matrix {
  return { data, start, row: column, column: row };
}

/** With fewer rows than a tile has, packing costs more than it saves. */
function multiplyRows(c: Matrix, a: Matrix, b: Matrix, m: number, k: number, n: number): void {
  for (let i = 0; i < m; i++) multiplyVector(c, c.start + i * c.row, a, a.start + i * a.row, b, k, n);
}

function multiplyBlocks(c: Matrix, a: Matrix, b: Matrix, m: number, k: number, n: number): void {
  const block = Math.min(roundUp(m), ROW_BLOCK, Math.max(roundUp(BLOCK_ELEMENTS / k), 4 * SIDE));
  packedA = atLeast(packedA, k * block);
  packedB = atLeast(packedB, k * Math.min(roundUp(n), COLUMN_BLOCK));
  const out: TypedArray = c.data;
  for (let top = 0; top < m; top += block) {
    const rows = Math.min(m - top, block);
    pack(packedA, a.data, a.start + top * a.row, a.row, a.column, rows, k);
    for (let left = 0; left < n; left += COLUMN_BLOCK) {
      const columns = Math.min(n - left, COLUMN_BLOCK);
      pack(packedB, b.data, b.start + left * b.column, b.column, b.row, columns, k);
      for (let j = 0; j < columns; j += SIDE) {
        for (let i = 0; i < rows; i += SIDE) {
          const o = c.start + (top + i) * c.row + left + j;
          multiplyTile(out, o, c.row, packedA, i * k, packedB, j * k, k, rows - i, columns - j);
        }
      }
    }
  }
}

function roundUp(length: number): number {
  return Math.ceil(length / SIDE) * SIDE;
}

function atLeast(scratch: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  return scratch.length >= length ? scratch : new Float64Array(length);
}
