import { BYTES_PER_ELEMENT, type DType } from '@unroll/backend';
import type { Part } from '../threads/threads.ts';
import { type Range, divide, isWorthwhile } from './in-parts.ts';
import { type Runtime, byDType, byWidth } from './runtime.ts';

/** A matrix product, with addresses of its operands. */
export interface DenseProduct {
  readonly dtype: 'float32' | 'float64';
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly a: number;
  readonly b: number;
}

/** Multiplications and additions from which on it is worth looking. */
const LARGE = 2 ** 18;
/** Elements that are looked at or added in a microsecond, about. */
const PER_MICROSECOND = 2000;
/** Bytes of a cache line. */
const LINE = 64;
/** Rows of a matrix that are looked at. */
const LOOKED_AT = 16;
/** Skipping pays where at least seven of eight elements are 0. */
const FEW = 1 / 8;

/** How to compute a product some other way; scratch in bytes. */
export interface SparseProduct {
  readonly scratch: number;
  readonly run: (c: number, work: number) => void;
}

/**
 * Finds out whether one side of a large product is mostly zeros, as one-hot rows are: then only the other elements are multiplied. The
 * sums are the same, in the same order, but for terms that are 0; where the other side has an infinity or NaN, 0 times which is NaN,
 * nothing is skipped.
 */
export function sparseProducts(runtime: Runtime): (product: DenseProduct) => SparseProduct | undefined {
  const { memory, threads } = runtime;
  const add = byDType(runtime, 'addSparse');
  const areFinite = byDType(runtime, 'areFinite');
  const transpose = byWidth(runtime, 'transpose');
  const isSparse = (at: number, rows: number, columns: number, dtype: DType): boolean => {
    if (rows < LOOKED_AT || columns < LOOKED_AT) return false;
    const elements = memory.linear[dtype];
    const start = at / BYTES_PER_ELEMENT[dtype];
    let left = Math.floor(LOOKED_AT * columns * FEW);
    for (let i = 0; i < LOOKED_AT; i++) {
      const row = start + Math.floor((i * rows) / LOOKED_AT) * columns;
      for (let j = row; j < row + columns; j++) if (elements[j] !== 0 && left-- === 0) return false;
    }
    return true;
  };
  const clear = (at: number, count: number, dtype: DType): void => memory.fillAt(at, count, dtype, 0);
  /** Runs kernels on some of so many rows or columns each, in several threads if that pays. */
  const run = (count: number, work: number, unit: number, calls: (range: Range) => Part): void => {
    const parts = isWorthwhile(threads, work / PER_MICROSECOND) ? threads.parts : 1;
    threads.run(divide(count, parts, unit).map(calls));
  };

  return ({ dtype, m, k, n, transposeA, transposeB, a, b }) => {
    if (m * k * n < LARGE) return undefined;
    const bytes = BYTES_PER_ELEMENT[dtype];
    const isFinite = (at: number, count: number): boolean => areFinite(dtype)(at, count * bytes) === 1;
    const [ofM, ofN] = [m * bytes, n * bytes];
    if (!transposeA) {
      if (!isSparse(a, m, k, dtype) || !isFinite(b, k * n)) return undefined;
      return {
        scratch: transposeB ? k * ofN : 0,
        run: (c, work) => {
          if (transposeB) transpose[bytes]!(work, ofN, b, k * bytes, n, k);
          clear(c, m * n, dtype);
          const [row, from] = [k * bytes, transposeB ? work : b];
          run(m, m * (k + n), 1, ({ first, count }) => [
            { kernel: add(dtype), values: [count, k, a + first * row, row, n, from, 0, ofN, c + first * ofN, ofN, 0] },
          ]);
        },
      };
    }
    if (transposeB) return undefined;
    if (isSparse(a, k, m, dtype) && isFinite(b, k * n)) {
      return {
        scratch: 0,
        run: (c) => {
          clear(c, m * n, dtype);
          run(n, k * (m + n), LINE / bytes, ({ first, count }) => [
            { kernel: add(dtype), values: [k, m, a, ofM, count, b + first * bytes, ofN, 0, c + first * bytes, 0, ofN] },
          ]);
        },
      };
    }
    if (!isSparse(b, k, n, dtype) || !isFinite(a, k * m)) return undefined;
    return {
      // (BᵀA)ᵀ
      scratch: n * ofM,
      run: (c, work) => {
        clear(work, n * m, dtype);
        run(m, k * (m + n), LINE / bytes, ({ first, count }) => {
          const [from, to] = [a + first * bytes, work + first * bytes];
          return [
            { kernel: add(dtype), values: [k, n, b, ofN, count, from, ofM, 0, to, 0, ofM] },
            { kernel: transpose[bytes]!, values: [c + first * ofN, ofN, to, ofM, n, count] },
          ];
        });
      },
    };
  };
}
