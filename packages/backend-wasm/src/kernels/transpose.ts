import type { FunctionReference } from '../assembler/function-builder.ts';
import { i32, i64, shuffle, store, v128 } from '../assembler/instructions.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';
import type { I32, V128 } from '../assembler/value.ts';

/** Takes lanes of `bytes` bytes from the pair x, y: 0 is the first lane of x, and those of y follow. */
function lanes(x: V128, y: V128, bytes: 4 | 8, order: readonly number[]): V128 {
  const all = order.flatMap((lane) => Array.from({ length: bytes }, (_, i) => lane * bytes + i));
  return shuffle(x, y, all);
}

/**
 * Exchanges rows and columns of a square held in registers: two vectors of two numbers, or four of four. `keep` puts what is
 * needed twice into a local.
 */
export function transposeSquare(rows: readonly V128[], keep: (value: V128) => V128): readonly V128[] {
  const [a, b, c, d] = rows as [V128, V128, V128, V128];
  if (rows.length === 2) return [lanes(a, b, 8, [0, 2]), lanes(a, b, 8, [1, 3])];
  const lowAB = keep(lanes(a, b, 4, [0, 4, 1, 5]));
  const highAB = keep(lanes(a, b, 4, [2, 6, 3, 7]));
  const lowCD = keep(lanes(c, d, 4, [0, 4, 1, 5]));
  const highCD = keep(lanes(c, d, 4, [2, 6, 3, 7]));
  return [
    lanes(lowAB, lowCD, 8, [0, 2]),
    lanes(lowAB, lowCD, 8, [1, 3]),
    lanes(highAB, highCD, 8, [0, 2]),
    lanes(highAB, highCD, 8, [1, 3]),
  ];
}

/** Columns of x that are taken at a time: one cache line of each row. */
const STRIP = 64;

/**
 * transpose(out, outRow, x, xRow, rows, columns): out[j][i] = x[i][j] for x of `rows` rows, which lie `xRow` bytes apart, and out of
 * `columns` rows, which lie `outRow` bytes apart. Nothing else is written.
 */
export function transpose(module: ModuleBuilder, bytes: 4 | 8): FunctionReference {
  const side = 16 / bytes;
  const strip = STRIP / bytes;
  return module.function(
    { out: 'i32', outRow: 'i32', x: 'i32', xRow: 'i32', rows: 'i32', columns: 'i32' },
    [],
    (f, { out, outRow, x, xRow, rows, columns }) => {
      const { row, column, width, to, from, top } = f.locals({
        row: 'i32',
        column: 'i32',
        width: 'i32',
        to: 'i32',
        from: 'i32',
        top: 'i32',
      });
      const { start, pointer, squares } = f.locals({ start: 'i32', pointer: 'i32', squares: 'i32' });
      const sources = Array.from({ length: side }, () => f.local('v128'));
      const kept = Array.from({ length: 4 }, () => f.local('v128'));
      const copyElement = (source: I32, offset: number): void => {
        f.do(bytes === 4 ? store.i32(to, i32.load(source), offset) : store.i64(to, i64.load(source), offset));
      };

      f.while(columns, () => {
        f.set(width, i32.const(strip));
        f.if(i32.lt_u(columns, width), () => f.set(width, columns));
        f.set(squares, i32.and(width, i32.const(-side)));
        f.set(row, rows);
        f.set(start, x);
        // Where the next elements of the first row of out go.
        f.set(top, out);
        f.while(i32.ge_u(row, i32.const(side)), () => {
          f.set(to, top);
          f.set(from, start);
          f.for(column, squares, side, () => {
            f.set(pointer, from);
            for (const source of sources) {
              f.set(source, v128.load(pointer));
              f.increase(pointer, xRow);
            }
            let next = 0;
            const keep = (value: V128): V128 => {
              const local = kept[next++]!;
              f.set(local, value);
              return local;
            };
            for (const each of transposeSquare(sources, keep)) {
              f.do(store.v128(to, each));
              f.increase(to, outRow);
            }
            f.increase(from, 16);
          });
          // The columns that are left, element by element.
          f.while(i32.lt_u(column, width), () => {
            f.set(pointer, from);
            for (let i = 0; i < side; i++) {
              copyElement(pointer, i * bytes);
              f.increase(pointer, xRow);
            }
            f.increase(from, bytes);
            f.increase(to, outRow);
            f.increase(column, 1);
          });
          f.increase(top, 16);
          f.set(start, i32.add(start, i32.mul(xRow, i32.const(side))));
          f.increase(row, -side);
        });
        f.while(row, () => {
          f.set(to, top);
          f.set(from, start);
          f.for(column, width, 1, () => {
            copyElement(from, 0);
            f.increase(from, bytes);
            f.increase(to, outRow);
          });
          f.increase(top, bytes);
          f.increase(start, xRow);
          f.increase(row, -1);
        });
        f.set(out, i32.add(out, i32.mul(outRow, width)));
        f.increase(x, STRIP);
        f.set(columns, i32.sub(columns, width));
      });
    },
  );
}
