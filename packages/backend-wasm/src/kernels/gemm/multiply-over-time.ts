import type { FunctionReference } from '../../assembler/function-builder.ts';
import { i32, memoryFill, store, v128 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { I32 } from '../../assembler/value.ts';
import type { FloatLanes } from '../lanes.ts';
import { ROW_BLOCK } from './multiply.ts';
import type { Copies } from './pack.ts';
import { PANEL } from './tile.ts';

interface Parts extends Copies {
  readonly multiplyPacked: FunctionReference;
}

/**
 * multiplyOverTime(m, n, time, atOnce, rows, a, aRow, aStep, b, bRow, bStep, c, cRow, accumulate, work): C = Σₜ AₜᵀBₜ, or C += that,
 * for Aₜ [rows, m] and Bₜ [rows, n], which lie `aStep` and `bStep` bytes apart, and their rows `aRow` and `bRow`. So many steps are
 * taken at once; `work` has room for all columns of B in these, filled up to whole panels, and a block of A behind it.
 */
export function multiplyOverTime(module: ModuleBuilder, lanes: FloatLanes, parts: Parts): FunctionReference {
  const pack = packOverTime(module, lanes, parts.copyBlocks);
  const element = i32.const(lanes.bytes);
  return module.function(
    {
      m: 'i32',
      n: 'i32',
      time: 'i32',
      atOnce: 'i32',
      rows: 'i32',
      a: 'i32',
      aRow: 'i32',
      aStep: 'i32',
      b: 'i32',
      bRow: 'i32',
      bStep: 'i32',
      c: 'i32',
      cRow: 'i32',
      accumulate: 'i32',
      work: 'i32',
    },
    [],
    (f, { m, n, time, atOnce, rows, a, aRow, aStep, b, bRow, bStep, c, cRow, accumulate, work }) => {
      const { steps, depth, top, count, block } = f.locals({
        steps: 'i32',
        depth: 'i32',
        top: 'i32',
        count: 'i32',
        block: 'i32',
      });
      const { row, to, from } = f.locals({ row: 'i32', to: 'i32', from: 'i32' });
      f.while(time, () => {
        f.set(steps, atOnce);
        f.if(i32.lt_u(time, steps), () => f.set(steps, time));
        f.set(depth, i32.mul(steps, rows));
        f.set(row, i32.mul(depth, element));
        f.call(pack, work, b, bRow, bStep, steps, rows, n);
        f.set(block, i32.add(work, i32.mul(panelsOf(n, lanes), depth)));
        f.for(top, m, ROW_BLOCK, () => {
          f.set(count, i32.const(ROW_BLOCK));
          f.if(i32.lt_u(i32.sub(m, top), count), () => f.set(count, i32.sub(m, top)));
          f.set(to, block);
          f.set(from, i32.add(a, i32.mul(top, element)));
          f.times(f.let(steps), () => {
            f.call(parts.transpose, to, row, from, aRow, rows, count);
            f.set(to, i32.add(to, i32.mul(rows, element)));
            f.set(from, i32.add(from, aStep));
          });
          const rowsOfC = i32.add(c, i32.mul(top, cRow));
          f.call(parts.multiplyPacked, count, n, depth, block, row, work, rowsOfC, cRow, accumulate);
        });
        f.set(accumulate, i32.const(1));
        f.set(a, i32.add(a, i32.mul(aStep, steps)));
        f.set(b, i32.add(b, i32.mul(bStep, steps)));
        f.set(time, i32.sub(time, steps));
      });
    },
  );
}

/** Bytes of so many columns of one row, filled up to whole panels. */
function panelsOf(columns: I32, lanes: FloatLanes): I32 {
  const bytes = i32.mul(columns, i32.const(lanes.bytes));
  return i32.and(i32.add(bytes, i32.const(PANEL - 1)), i32.const(-PANEL));
}

/** packOverTime(out, b, bRow, bStep, steps, rows, n): as `pack`, of so many rows of each step, one step behind the other. */
function packOverTime(module: ModuleBuilder, lanes: FloatLanes, copyBlocks: FunctionReference): FunctionReference {
  const columns = i32.const(PANEL / lanes.bytes);
  return module.function(
    { out: 'i32', b: 'i32', bRow: 'i32', bStep: 'i32', steps: 'i32', rows: 'i32', n: 'i32' },
    [],
    (f, { out, b, bRow, bStep, steps, rows, n }) => {
      const { width, end, from, step } = f.locals({ width: 'i32', end: 'i32', from: 'i32', step: 'i32' });
      const panel = f.let(i32.mul(rows, i32.const(PANEL)));
      f.while(n, () => {
        f.set(width, columns);
        f.set(step, b);
        f.if(i32.lt_u(n, width), () => {
          f.set(width, n);
          f.do(memoryFill(out, i32.const(0), i32.mul(panel, steps)));
        });
        f.times(f.let(steps), () => {
          f.if(
            i32.eq(width, columns),
            () => {
              f.set(from, step);
              f.set(end, i32.add(out, panel));
              f.while(i32.lt_u(out, end), () => {
                for (let i = 0; i < PANEL; i += 16) f.do(store.v128(out, v128.load(from, i), i));
                f.increase(out, PANEL);
                f.set(from, i32.add(from, bRow));
              });
            },
            () => {
              f.call(copyBlocks, out, i32.const(PANEL), step, bRow, i32.mul(width, i32.const(lanes.bytes)), rows);
              f.set(out, i32.add(out, panel));
            },
          );
          f.set(step, i32.add(step, bStep));
        });
        f.increase(b, PANEL);
        f.set(n, i32.sub(n, width));
      });
    },
  );
}
