import type { FunctionReference } from '../../assembler/function-builder.ts';
import { i32 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { I32, Local } from '../../assembler/value.ts';
import type { FloatLanes } from '../lanes.ts';
import type { Copies } from './pack.ts';

/** Steps of k at a time: a panel of B takes 32 KiB. */
export const K_BLOCK = 512;
/** Rows of A at a time: half a megabyte of float32. */
export const ROW_BLOCK = 240;
/** Bytes of columns of B that are packed at a time: three megabytes at most. */
export const COLUMN_BLOCK = 6144;

/** The parts that `multiply` is made of. */
export interface Parts extends Copies {
  readonly pack: FunctionReference;
  readonly multiplyPacked: FunctionReference;
}

/**
 * multiply(m, n, k, a, aRow, transposeA, b, bRow, transposeB, c, cRow, accumulate, work): C = A·B, or C += A·B, for A [m, k] and
 * B [k, n], given as [k, m] or [n, k] if transposed. Rows lie so many bytes apart. `work` has room for one packed block of B and, if
 * A is transposed, for one block of A behind it. k must not be 0.
 *
 * The blocks follow Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008), but for A, which is read in
 * its rows as it lies.
 */
export function multiply(module: ModuleBuilder, lanes: FloatLanes, parts: Parts): FunctionReference {
  const blockColumns = COLUMN_BLOCK / lanes.bytes;
  return module.function(
    {
      m: 'i32',
      n: 'i32',
      k: 'i32',
      a: 'i32',
      aRow: 'i32',
      transposeA: 'i32',
      b: 'i32',
      bRow: 'i32',
      transposeB: 'i32',
      c: 'i32',
      cRow: 'i32',
      accumulate: 'i32',
      work: 'i32',
    },
    [],
    (f, { m, n, k, a, aRow, transposeA, b, bRow, transposeB, c, cRow, accumulate, work }) => {
      const { left, depth, top, columns, steps, rows, add } = f.locals({
        left: 'i32',
        depth: 'i32',
        top: 'i32',
        columns: 'i32',
        steps: 'i32',
        rows: 'i32',
        add: 'i32',
      });
      const { block, blockRow, blockOfC, transposedA } = f.locals({
        block: 'i32',
        blockRow: 'i32',
        blockOfC: 'i32',
        transposedA: 'i32',
      });
      const atMost = (local: Local<'i32'>, limit: number, rest: I32): void => {
        f.set(local, i32.const(limit));
        f.if(i32.lt_u(rest, local), () => f.set(local, rest));
      };
      /** The address of element [row, column], or of [column, row] if transposed. */
      const element = (matrix: I32, stride: I32, row: I32, column: I32, bytes: I32 = i32.const(lanes.bytes)): I32 =>
        i32.add(matrix, i32.add(i32.mul(row, stride), i32.mul(column, bytes)));
      const { ofB } = f.locals({ ofB: 'i32' });

      f.for(left, n, blockColumns, () => {
        atMost(columns, blockColumns, i32.sub(n, left));
        f.set(add, accumulate);
        f.for(depth, k, K_BLOCK, () => {
          atMost(steps, K_BLOCK, i32.sub(k, depth));
          f.if(
            transposeB,
            () => f.set(ofB, element(b, bRow, left, depth)),
            () => f.set(ofB, element(b, bRow, depth, left)),
          );
          f.call(parts.pack, work, ofB, bRow, steps, columns, transposeB);
          // Behind as many panels as hold `columns`.
          const panels = i32.and(i32.add(i32.mul(columns, i32.const(lanes.bytes)), i32.const(63)), i32.const(-64));
          f.set(transposedA, i32.add(work, i32.mul(panels, steps)));
          f.for(top, m, ROW_BLOCK, () => {
            atMost(rows, ROW_BLOCK, i32.sub(m, top));
            f.set(blockOfC, element(c, cRow, top, left));
            f.if(
              transposeA,
              () => {
                f.set(block, transposedA);
                f.set(blockRow, i32.mul(steps, i32.const(lanes.bytes)));
                f.call(parts.transpose, block, blockRow, element(a, aRow, depth, top), aRow, steps, rows);
              },
              () => {
                f.set(block, element(a, aRow, top, depth));
                f.set(blockRow, aRow);
              },
            );
            f.call(parts.multiplyPacked, rows, columns, steps, block, blockRow, work, blockOfC, cRow, add);
          });
          f.set(add, i32.const(1));
        });
      });
    },
  );
}
