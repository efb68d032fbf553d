import { BYTES_PER_ELEMENT, type FusedAttrs, type Kernel, type PrimitiveKernels } from '@unroll/backend';
import { COLUMN_BLOCK, K_BLOCK, ROW_BLOCK } from '../kernels/gemm/multiply.ts';
import { PANEL } from '../kernels/gemm/tile.ts';
import type { Call, Threads } from '../threads/threads.ts';
import { divide, inLines, isWorthwhile } from './in-parts.ts';
import { PER_MICROSECOND } from './matmul.ts';
import { isInBlocks } from './product-methods.ts';
import { type Runtime, byDType, byWidth } from './runtime.ts';
import { LARGE, isSparse } from './sparse.ts';

/** Parts have whole tiles of rows: one row by itself takes almost as long as two. */
const TILE = 2;

/** Aₜ [rows, k] of all steps, B [k, n] or its transpose, and Cₜ [rows, n], with addresses. */
interface Steps {
  readonly dtype: 'float32' | 'float64';
  readonly time: number;
  readonly rows: number;
  readonly k: number;
  readonly n: number;
  readonly transposeB: boolean;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/**
 * aₜ b of all steps, with the bits of one product of all rows. Parts have some rows of each step, as they have in a loop: each thread then
 * finds in its own cache what it made for the loop, or in the loop.
 */
export function productOverTime(runtime: Runtime, { matmul }: PrimitiveKernels): Kernel<FusedAttrs['productOverTime']> {
  const { memory, threads } = runtime;
  const { dense, sparse } = productsOfParts(runtime);
  return ([a, b], { transposeB }, [signature]) => {
    const { dtype, shape } = signature!;
    const [time, rows, n] = shape as [number, number, number];
    const k = a!.shape[2]!;
    if (dtype !== 'int32' && isDivided(threads, { dtype, time, rows, k, n, transposeB })) {
      const [x, y] = [memory.address(a!), memory.address(b!)];
      const output = memory.make(signature!);
      const steps = { dtype, time, rows, k, n, transposeB, a: x, b: y, c: memory.address(output) };
      const isMostlyZeros = time * rows * k * n >= LARGE && isSparse(memory, x, time * rows, k, dtype);
      if (!isMostlyZeros || !sparse(steps)) dense(steps);
      return [output];
    }
    const merged = memory.share(a!, [time * rows, k]);
    try {
      const [product] = matmul([merged, b!], { transposeA: false, transposeB }, [{ shape: [time * rows, n], dtype }]);
      const output = memory.share(product!, shape);
      memory.free(product!);
      return [output];
    } finally {
      memory.free(merged);
    }
  };
}

function isDivided(threads: Threads, { dtype, time, rows, k, n, transposeB }: Omit<Steps, 'a' | 'b' | 'c'>): boolean {
  const work = time * rows * k * n;
  return (
    work > 0 &&
    rows % (TILE * threads.parts) === 0 &&
    isWorthwhile(threads, work / PER_MICROSECOND) &&
    // As parts are: the others add up in another order.
    isInBlocks({ dtype, m: time * rows, k, n, transposeA: false, transposeB })
  );
}

interface ProductsOfParts {
  readonly dense: (steps: Steps) => void;
  /** For a that is mostly zeros. False if not all of b is finite, and c is not what it shall be. */
  readonly sparse: (steps: Steps) => boolean;
}

function productsOfParts(runtime: Runtime): ProductsOfParts {
  const { memory, threads } = runtime;
  const pack = byDType(runtime, 'pack');
  const multiplyPacked = byDType(runtime, 'multiplyPackedByStep');
  const multiplySparse = byDType(runtime, 'multiplySparseByStep');
  const areFinite = byDType(runtime, 'areFinite');
  const transpose = byWidth(runtime, 'transpose');

  const dense = ({ dtype, time, rows, k, n, transposeB, a, b, c }: Steps): void => {
    const bytes = BYTES_PER_ELEMENT[dtype];
    const [aRow, bRow, cRow] = [k * bytes, (transposeB ? k : n) * bytes, n * bytes];
    const [perRow, perColumn] = transposeB ? [bytes, bRow] : [bRow, bytes];
    const columnsAtOnce = COLUMN_BLOCK / bytes;
    const panels = Math.ceil((Math.min(n, columnsAtOnce) * bytes) / PANEL) * PANEL;
    const parts = divide(rows, threads.parts);
    const room = inLines(panels * Math.min(k, K_BLOCK));
    memory.withScratch(parts.length * room, (scratch) => {
      const calls = parts.map(({ first, count }, i): readonly Call[] => {
        const work = scratch + i * room;
        const own: Call[] = [];
        for (let left = 0; left < n; left += columnsAtOnce) {
          const columns = Math.min(columnsAtOnce, n - left);
          for (let depth = 0; depth < k; depth += K_BLOCK) {
            const steps = Math.min(K_BLOCK, k - depth);
            const from = b + depth * perRow + left * perColumn;
            own.push({ kernel: pack(dtype), values: [work, from, bRow, steps, columns, Number(transposeB)] });
            const ofA = [a + first * aRow + depth * bytes, aRow, rows * aRow];
            const ofC = [c + first * cRow + left * bytes, cRow, rows * cRow];
            const sizes = [time, Math.max(1, Math.floor(ROW_BLOCK / count)), count, columns, steps];
            own.push({ kernel: multiplyPacked(dtype), values: [...sizes, ...ofA, work, ...ofC, Number(depth > 0)] });
          }
        }
        return own;
      });
      threads.post(calls);
    });
  };

  const sparse = ({ dtype, time, rows, k, n, transposeB, a, b, c }: Steps): boolean => {
    const bytes = BYTES_PER_ELEMENT[dtype];
    const [aRow, cRow] = [k * bytes, n * bytes];
    const parts = divide(rows, threads.parts);
    const looked = divide(k * n, parts.length);
    const room = transposeB ? inLines(k * cRow) : 0;
    return memory.withScratch(parts.length * room, (scratch) => {
      const results = threads.run(
        parts.map(({ first, count }, i) => {
          const { first: at, count: elements } = looked[i] ?? { first: 0, count: 0 };
          const ofA = [a + first * aRow, aRow, rows * aRow];
          const ofC = [c + first * cRow, cRow, rows * cRow];
          const turned = scratch + i * room;
          const values = [time, count, n, k, ...ofA, transposeB ? turned : b, cRow, ...ofC];
          return [
            // The first call, as its result counts.
            { kernel: areFinite(dtype), values: [b + at * bytes, elements * bytes] },
            ...(transposeB ? [{ kernel: transpose[bytes]!, values: [turned, cRow, b, k * bytes, n, k] }] : []),
            { kernel: multiplySparse(dtype), values },
          ];
        }),
      );
      return results.every((isFinite) => isFinite === 1);
    });
  };

  return { dense, sparse };
}
