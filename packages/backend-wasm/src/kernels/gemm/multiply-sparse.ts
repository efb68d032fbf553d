import { type FunctionReference, call } from '../../assembler/function-builder.ts';
import { i32, memoryFill, v128 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { Local, V128 } from '../../assembler/value.ts';
import type { FloatLanes } from '../lanes.ts';

/**
 * addSparse(rows, columns, a, aRow, n, from, fromPerRow, fromPerColumn, to, toPerRow, toPerColumn): for each element of A [rows,
 * columns] that is not 0, in order: adds so many times the row `from` of n numbers to the row `to`. Those lie bytes apart for each row
 * and each column of A. Thus A·B, of which a row is a sum of a few rows of B, and Aᵀ·B, for an A that is mostly zeros.
 */
export function addSparse(module: ModuleBuilder, lanes: FloatLanes, addRow: FunctionReference): FunctionReference {
  return module.function(
    {
      rows: 'i32',
      columns: 'i32',
      a: 'i32',
      aRow: 'i32',
      n: 'i32',
      from: 'i32',
      fromPerRow: 'i32',
      fromPerColumn: 'i32',
      to: 'i32',
      toPerRow: 'i32',
      toPerColumn: 'i32',
    },
    [],
    (f, { rows, columns, a, aRow, n, from, fromPerRow, fromPerColumn, to, toPerRow, toPerColumn }) => {
      const { column, at } = f.locals({ column: 'i32', at: 'i32' });
      const isNotZero = (vector: V128): ReturnType<typeof v128.any_true> => v128.any_true(lanes.ne(vector, v128.zero));
      f.while(rows, () => {
        f.set(at, a);
        f.for(column, columns, lanes.count, () => {
          f.if(isNotZero(v128.load(at)), () => {
            for (let lane = 0; lane < lanes.count; lane++) {
              const own = f.let(i32.add(column, i32.const(lane)));
              f.if(i32.lt_u(own, columns), () => {
                f.if(isNotZero(lanes.first(at, lane * lanes.bytes)), () => {
                  const source = i32.add(from, i32.mul(own, fromPerColumn));
                  const target = i32.add(to, i32.mul(own, toPerColumn));
                  f.call(
                    addRow,
                    i32.const(1),
                    n,
                    i32.add(at, i32.const(lane * lanes.bytes)),
                    source,
                    i32.const(0),
                    target,
                  );
                });
              });
            }
          });
          f.increase(at, 16);
        });
        f.increase(a, aRow);
        f.increase(from, fromPerRow);
        f.increase(to, toPerRow);
        f.increase(rows, -1);
      });
    },
  );
}

/** clearRows(x, xRow, width, count): sets so many rows of `width` bytes to 0. At once where nothing lies between them. */
export function clearRows(module: ModuleBuilder): FunctionReference {
  return module.function({ x: 'i32', xRow: 'i32', width: 'i32', count: 'i32' }, [], (f, { x, xRow, width, count }) => {
    f.if(i32.eq(xRow, width), () => {
      f.set(width, i32.mul(width, count));
      f.set(count, i32.const(1));
    });
    f.while(count, () => {
      f.do(memoryFill(x, i32.const(0), width));
      f.increase(x, xRow);
      f.increase(count, -1);
    });
  });
}

/** areFinite(x, bytes): 1 if none of the numbers is infinite or NaN. */
export function areFinite(module: ModuleBuilder, lanes: FloatLanes): FunctionReference {
  return module.function({ x: 'i32', bytes: 'i32' }, ['i32'], (f, { x, bytes }) => {
    // 0 · x is 0 for each finite x, and NaN for the others, and a sum with NaN stays NaN.
    const sums = Array.from({ length: 4 }, () => f.local('v128'));
    const addTo = (sum: Local<'v128'>, vector: V128): void => f.set(sum, lanes.add(sum, lanes.mul(vector, v128.zero)));
    const end = f.let(i32.add(x, i32.and(bytes, i32.const(-64))));
    f.while(i32.lt_u(x, end), () => {
      sums.forEach((sum, i) => addTo(sum, v128.load(x, 16 * i)));
      f.increase(x, 64);
    });
    f.set(end, i32.add(x, i32.and(bytes, i32.const(63))));
    f.while(i32.lt_u(x, end), () => {
      addTo(sums[0]!, lanes.first(x));
      f.increase(x, lanes.bytes);
    });
    const sum = sums.reduce<V128>((all, each) => lanes.add(all, each), v128.zero);
    f.return(i32.eqz(v128.any_true(lanes.ne(sum, v128.zero))));
  });
}

/**
 * multiplySparseByStep(time, m, n, k, a, aRow, aStep, b, bRow, c, cRow, cStep): Cₜ = AₜB for Aₜ [m, k] that are mostly zeros, and B [k, n]
 * without infinities and NaN.
 */
export function multiplySparseByStep(
  module: ModuleBuilder,
  parts: { readonly addSparse: FunctionReference; readonly clearRows: FunctionReference },
): FunctionReference {
  return module.function(
    {
      time: 'i32',
      m: 'i32',
      n: 'i32',
      k: 'i32',
      a: 'i32',
      aRow: 'i32',
      aStep: 'i32',
      b: 'i32',
      bRow: 'i32',
      c: 'i32',
      cRow: 'i32',
      cStep: 'i32',
    },
    [],
    (f, { time, m, n, k, a, aRow, aStep, b, bRow, c, cRow, cStep }) => {
      const zero = i32.const(0);
      f.while(time, () => {
        f.call(parts.clearRows, c, cRow, cRow, m);
        f.call(parts.addSparse, m, k, a, aRow, n, b, zero, bRow, c, cRow, zero);
        f.increase(a, aStep);
        f.increase(c, cStep);
        f.increase(time, -1);
      });
    },
  );
}

/**
 * multiplySparseOverTime(time, rows, m, n, a, aRow, aStep, b, bRow, bStep, c, cRow): C = Σₜ AₜᵀBₜ, for Aₜ [rows, m] that are mostly
 * zeros, and Bₜ [rows, n]. 1 if all of B is finite: else the sums lack what 0 times the others is. Writes all of the rows of C.
 */
export function multiplySparseOverTime(
  module: ModuleBuilder,
  parts: { readonly addSparse: FunctionReference; readonly areFinite: FunctionReference },
): FunctionReference {
  return module.function(
    {
      time: 'i32',
      rows: 'i32',
      m: 'i32',
      n: 'i32',
      a: 'i32',
      aRow: 'i32',
      aStep: 'i32',
      b: 'i32',
      bRow: 'i32',
      bStep: 'i32',
      c: 'i32',
      cRow: 'i32',
    },
    ['i32'],
    (f, { time, rows, m, n, a, aRow, aStep, b, bRow, bStep, c, cRow }) => {
      const isFinite = f.let(i32.const(1));
      const zero = i32.const(0);
      f.do(memoryFill(c, zero, i32.mul(m, cRow)));
      f.while(time, () => {
        f.set(isFinite, i32.and(isFinite, call('i32', parts.areFinite, b, i32.mul(rows, bRow))));
        f.call(parts.addSparse, rows, m, a, aRow, n, b, bRow, zero, c, zero, cRow);
        f.set(a, i32.add(a, aStep));
        f.set(b, i32.add(b, bStep));
        f.increase(time, -1);
      });
      f.return(isFinite);
    },
  );
}
