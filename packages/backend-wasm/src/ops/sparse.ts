import { BYTES_PER_ELEMENT, type DType } from '@unroll/backend';
import type { Memory } from '../memory/memory.ts';
import type { Part } from '../threads/threads.ts';
import { LINE, type Range, divide, isWorthwhile } from './in-parts.ts';
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
export const LARGE: number = 2 ** 18;
/** Elements that are looked at or added in a microsecond, about. */
const PER_MICROSECOND = 2000;
/** Rows of a matrix that are looked at, and neighbours in each of them, elsewhere in each row. */
const LOOKED_AT = 16;
/** Skipping pays where at least seven of eight elements are 0. */
const FEW = 1 / 8;

/** How to compute a product some other way; scratch in bytes. */
export interface SparseProduct {
  readonly scratch: number;
  /** Whether it holds: else what it has written is none. */
  readonly run: (c: number, work: number) => boolean;
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
  const clearRows = runtime.kernel('clearRows');
  const transpose = byWidth(runtime, 'transpose');
  /**
   * Runs kernels on some of so many rows or columns each, in several threads if that pays; each also looks through some of the other
   * side. False if not all of that is finite.
   */
  const run = (
    { dtype, at, elements }: OtherSide,
    { count, work, unit }: { readonly count: number; readonly work: number; readonly unit: number },
    calls: (range: Range) => Part,
  ): boolean => {
    const bytes = BYTES_PER_ELEMENT[dtype];
    const parts = isWorthwhile(threads, work / PER_MICROSECOND) ? threads.parts : 1;
    const ranges = divide(count, parts, unit);
    const looked = divide(elements, ranges.length);
    const results = threads.run(
      ranges.map((range, i) => {
        const { first, count: length } = looked[i] ?? { first: 0, count: 0 };
        // The first call, as its result counts.
        return [{ kernel: areFinite(dtype), values: [at + first * bytes, length * bytes] }, ...calls(range)];
      }),
    );
    return results.every((isFinite) => isFinite === 1);
  };

  return ({ dtype, m, k, n, transposeA, transposeB, a, b }) => {
    if (m * k * n < LARGE) return undefined;
    const bytes = BYTES_PER_ELEMENT[dtype];
    const [ofM, ofN] = [m * bytes, n * bytes];
    if (!transposeA) {
      if (!isSparse(memory, a, m, k, dtype)) return undefined;
      return {
        scratch: transposeB ? k * ofN : 0,
        run: (c, work) => {
          if (transposeB) transpose[bytes]!(work, ofN, b, k * bytes, n, k);
          const [row, from] = [k * bytes, transposeB ? work : b];
          return run(
            { dtype, at: b, elements: k * n },
            { count: m, work: m * (k + n), unit: 1 },
            ({ first, count }) => {
              const to = c + first * ofN;
              return [
                { kernel: clearRows, values: [to, ofN, ofN, count] },
                { kernel: add(dtype), values: [count, k, a + first * row, row, n, from, 0, ofN, to, ofN, 0] },
              ];
            },
          );
        },
      };
    }
    if (transposeB) return undefined;
    const work = k * (m + n);
    if (isSparse(memory, a, k, m, dtype)) {
      return {
        scratch: 0,
        run: (c) =>
          run({ dtype, at: b, elements: k * n }, { count: n, work, unit: LINE / bytes }, ({ first, count }) => {
            const [from, to] = [b + first * bytes, c + first * bytes];
            return [
              { kernel: clearRows, values: [to, ofN, count * bytes, m] },
              { kernel: add(dtype), values: [k, m, a, ofM, count, from, ofN, 0, to, 0, ofN] },
            ];
          }),
      };
    }
    if (!isSparse(memory, b, k, n, dtype)) return undefined;
    return {
      // (BᵀA)ᵀ
      scratch: n * ofM,
      run: (c, scratch) =>
        run({ dtype, at: a, elements: k * m }, { count: m, work, unit: LINE / bytes }, ({ first, count }) => {
          const [from, to] = [a + first * bytes, scratch + first * bytes];
          return [
            { kernel: clearRows, values: [to, ofM, count * bytes, n] },
            { kernel: add(dtype), values: [k, n, b, ofN, count, from, ofM, 0, to, 0, ofM] },
            { kernel: transpose[bytes]!, values: [c + first * ofN, ofN, to, ofM, n, count] },
          ];
        }),
    };
  };
}

/** Whether a matrix is mostly zeros, as far as some of its elements tell. */
export function isSparse(memory: Memory, at: number, rows: number, columns: number, dtype: DType): boolean {
  if (rows < LOOKED_AT || columns < LOOKED_AT) return false;
  const elements = memory.linear[dtype];
  const start = at / BYTES_PER_ELEMENT[dtype];
  let left = Math.floor(LOOKED_AT * LOOKED_AT * FEW);
  for (let i = 0; i < LOOKED_AT; i++) {
    const row = start + Math.floor((i * rows) / LOOKED_AT) * columns;
    const first = row + Math.floor((i * (columns - LOOKED_AT)) / (LOOKED_AT - 1));
    for (let j = first; j < first + LOOKED_AT; j++) if (elements[j] !== 0 && left-- === 0) return false;
  }
  return true;
}

/** The side of a product that is not mostly zeros. */
interface OtherSide {
  readonly dtype: 'float32' | 'float64';
  readonly at: number;
  readonly elements: number;
}
