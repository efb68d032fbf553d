import { type FunctionReference, call } from '../../assembler/function-builder.ts';
import { i32, memoryFill, v128 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { I32, Local, V128 } from '../../assembler/value.ts';
import type { FloatLanes } from '../lanes.ts';

/**
 * addSparse(rows, columns, a, aRow, n, from, fromPerRow, fromPerColumn, to, toPerRow, toPerColumn): sets the rows `to` of n numbers to
 * 0, and then, for each element of A [rows, columns] that is not 0, in order: adds so many times the row `from` of n numbers to the
 * row `to`. Those lie bytes apart for each row and each column of A; of the two numbers of bytes, one is 0. Thus A·B, of which a row is
 * a sum of a few rows of B, and Aᵀ·B, for an A that is mostly zeros. Returns 1 if all rows `from` are finite; otherwise what was left
 * out is NaN, and the sums are not the product.
 */
export function addSparse(module: ModuleBuilder, lanes: FloatLanes, addRow: FunctionReference): FunctionReference {
  const areFinite = allFinite(module, lanes);
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
    ['i32'],
    (f, { rows, columns, a, aRow, n, from, fromPerRow, fromPerColumn, to, toPerRow, toPerColumn }) => {
      const { column, at, finite } = f.locals({ column: 'i32', at: 'i32', finite: 'i32' });
      const isNotZero = (vector: V128): ReturnType<typeof v128.any_true> => v128.any_true(lanes.ne(vector, v128.zero));
      const width = f.let(i32.mul(n, i32.const(lanes.bytes)));
      const clear = (row: I32): void => f.do(memoryFill(row, i32.const(0), width));
      const look = (row: I32): void => f.set(finite, i32.and(finite, call('i32', areFinite, row, width)));
      const overColumns = (start: I32, step: I32, work: (row: I32) => void): void => {
        f.set(at, start);
        f.for(column, columns, 1, () => {
          work(at);
          f.increase(at, step);
        });
      };
      f.set(finite, i32.const(1));
      f.if(i32.eqz(toPerRow), () => overColumns(to, toPerColumn, clear));
      f.if(i32.eqz(fromPerRow), () => overColumns(from, fromPerColumn, look));
      f.while(rows, () => {
        // Each row just before it is used.
        f.if(toPerRow, () => clear(to));
        f.if(fromPerRow, () => look(from));
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
      f.return(finite);
    },
  );
}

/** areFinite(x, bytes): 1 if none of the numbers is infinite or NaN. */
function allFinite(module: ModuleBuilder, lanes: FloatLanes): FunctionReference {
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
