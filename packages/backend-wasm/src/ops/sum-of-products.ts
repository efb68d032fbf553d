import { BYTES_PER_ELEMENT, type Kernel, type None, type PrimitiveKernels } from '@unroll/backend';
import { COLUMN_BLOCK, K_BLOCK, ROW_BLOCK } from '../kernels/gemm/multiply.ts';
import { PANEL } from '../kernels/gemm/tile.ts';
import type { Call, Part, Threads } from '../threads/threads.ts';
import { IN_A_LINE, PER_MICROSECOND as PASSES_PER_MICROSECOND, VECTOR, vectors } from './elementwise.ts';
import { LINE, divide, inLines, isWorthwhile } from './in-parts.ts';
import { PER_MICROSECOND } from './matmul.ts';
import { isInBlocks } from './product-methods.ts';
import { type Runtime, byDType, byWidth } from './runtime.ts';
import { LARGE, isSparse } from './sparse.ts';

/** Fewer rows of a step are not worth being taken out of it. */
const FEW_ROWS = 4;
/** To add a number up and to move it there takes about as long as to get so many of the numbers that another thread made. */
const ADDITION = 2;

/** Aₜ [rows, m] and Bₜ [rows, n] of all steps, with addresses. */
interface Steps {
  readonly dtype: 'float32' | 'float64';
  readonly time: number;
  readonly rows: number;
  readonly m: number;
  readonly n: number;
  readonly a: number;
  readonly b: number;
}

/**
 * Σₜ aₜᵀ bₜ, each part of the rows by itself, and then their sums in order: a loop has run on the same parts of its batch, so that each
 * thread finds what it made itself. As one product, whose parts are rows or columns of the result, each would need what all made.
 */
export function sumOfProducts(runtime: Runtime, { matmul }: PrimitiveKernels): Kernel<None> {
  const { memory, threads } = runtime;
  const { dense, sparse } = sumsOfParts(runtime);
  return ([a, b], _attrs, [signature]) => {
    const { dtype } = signature!;
    const [time, rows, m] = a!.shape as [number, number, number];
    const n = b!.shape[2]!;
    if (dtype !== 'int32' && isDivided(threads, dtype, { time, rows, m, n })) {
      const [x, y] = [memory.address(a!), memory.address(b!)];
      const looks = time * rows * m * n >= LARGE;
      const isMostlyZeros = looks && isSparse(memory, y, time * rows, n, dtype);
      // What is mostly zeros on the other side is a matter for the product, which skips them. So is what it has a faster method for.
      if (
        !(looks && isSparse(memory, x, time * rows, m, dtype)) &&
        (isMostlyZeros || isInBlocks({ dtype, m, k: time * rows, n, transposeA: true, transposeB: false }))
      ) {
        const output = memory.make(signature!);
        const steps = { dtype, time, rows, m, n, a: x, b: y };
        const c = memory.address(output);
        if (!isMostlyZeros || !sparse(steps, c)) dense(steps, c);
        return [output];
      }
    }
    const [x, y] = [memory.share(a!, [time * rows, m]), memory.share(b!, [time * rows, n])];
    try {
      return matmul([x, y], { transposeA: true, transposeB: false }, [signature!]);
    } finally {
      memory.free(x);
      memory.free(y);
    }
  };
}

function isDivided(
  threads: Threads,
  dtype: 'float32' | 'float64',
  { time, rows, m, n }: Pick<Steps, 'time' | 'rows' | 'm' | 'n'>,
): boolean {
  const { parts } = threads;
  const work = time * rows * m * n;
  return (
    work > 0 &&
    rows >= FEW_ROWS * parts &&
    n * BYTES_PER_ELEMENT[dtype] <= COLUMN_BLOCK &&
    isWorthwhile(threads, work / PER_MICROSECOND) &&
    ADDITION * parts * m * n <= time * rows * (m + n)
  );
}

interface SumsOfParts {
  readonly dense: (steps: Steps, c: number) => void;
  /** For b that is mostly zeros: (Σₜ bₜᵀ aₜ)ᵀ. False if not all of a is finite, and c is not what it shall be. */
  readonly sparse: (steps: Steps, c: number) => boolean;
}

function sumsOfParts(runtime: Runtime): SumsOfParts {
  const { memory, threads } = runtime;
  const multiply = byDType(runtime, 'multiplyOverTime');
  const multiplySparse = byDType(runtime, 'multiplySparseOverTime');
  const add = byDType(runtime, 'add');
  const transpose = byWidth(runtime, 'transpose');

  /** The first part into c, the others behind each other. */
  const dense = ({ dtype, time, rows, m, n, a, b }: Steps, c: number): void => {
    const bytes = BYTES_PER_ELEMENT[dtype];
    const [aRow, bRow] = [m * bytes, n * bytes];
    const parts = divide(rows, threads.parts);
    const sum = inLines(m * n * bytes);
    const panels = Math.ceil(bRow / PANEL) * PANEL;
    const room = inLines(K_BLOCK * (panels + Math.min(m, ROW_BLOCK) * bytes));
    memory.withScratch((parts.length - 1) * sum + parts.length * room, (scratch) => {
      const sums = parts.map((_, i) => (i === 0 ? c : scratch + (i - 1) * sum));
      const work = scratch + (parts.length - 1) * sum;
      const calls = parts.map((part, i): readonly Call[] =>
        divide(part.count, Math.ceil(part.count / K_BLOCK)).map(({ first, count }, j) => {
          const ofA = [a + (part.first + first) * aRow, aRow, rows * aRow];
          const ofB = [b + (part.first + first) * bRow, bRow, rows * bRow];
          const steps = evenly(time, Math.floor(K_BLOCK / count));
          const values = [m, n, time, steps, count, ...ofA, ...ofB, sums[i]!, bRow, Number(j > 0), work + i * room];
          return { kernel: multiply(dtype), values };
        }),
      );
      threads.post(calls);
      const passes = vectors(m * n, dtype);
      const ranges = divide(
        passes,
        isWorthwhile(threads, passes / PASSES_PER_MICROSECOND) ? threads.parts : 1,
        IN_A_LINE,
      );
      threads.post(
        ranges.map(({ first, count }): Part => {
          const to = c + first * VECTOR;
          return sums.slice(1).map((other) => {
            return { kernel: add(dtype), values: [to, 0, 1, count, to, 0, VECTOR, other + first * VECTOR, 0, VECTOR] };
          });
        }),
      );
    });
  };

  const sparse = ({ dtype, time, rows, m, n, a, b }: Steps, c: number): boolean => {
    const bytes = BYTES_PER_ELEMENT[dtype];
    const [aRow, bRow] = [m * bytes, n * bytes];
    const parts = divide(rows, threads.parts);
    // Whole vectors are added, and no two threads may write to one cache line.
    const row = inLines(aRow);
    return memory.withScratch(parts.length * n * row, (scratch) => {
      const sums = parts.map((_, i) => scratch + i * n * row);
      const results = threads.run(
        parts.map(({ first, count }, i) => {
          const ofB = [b + first * bRow, bRow, rows * bRow];
          const ofA = [a + first * aRow, aRow, rows * aRow];
          return [{ kernel: multiplySparse(dtype), values: [time, count, n, m, ...ofB, ...ofA, sums[i]!, row] }];
        }),
      );
      if (results.includes(0)) return false;
      const strips = divide(m, threads.parts, LINE / bytes);
      threads.post(
        strips.map(({ first, count }): Part => {
          const [at, passes] = [first * bytes, vectors(count, dtype)];
          const to = sums[0]! + at;
          const additions = sums.slice(1).map((other): Call => {
            return { kernel: add(dtype), values: [to, row, n, passes, to, row, VECTOR, other + at, row, VECTOR] };
          });
          return [...additions, { kernel: transpose[bytes]!, values: [c + first * bRow, bRow, to, row, n, count] }];
        }),
      );
      return true;
    });
  };

  return { dense, sparse };
}

/** So many things in as few groups of at most so many as can be, which are alike in size: things in a group. */
function evenly(count: number, atMost: number): number {
  return Math.ceil(count / Math.ceil(count / atMost));
}
