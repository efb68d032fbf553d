import { f32x4, f64x2, i32, i32x4, store, v128 } from '../assembler/instructions.ts';
import type { FunctionReference } from '../assembler/function-builder.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';
import type { I32, V128 } from '../assembler/value.ts';
import { storeFirst } from './first-lane.ts';

/**
 * Exports
 * - `firstOutside(indices, count, rows)`: the position of the first index outside of [0, rows), or `count`;
 * - `gather(out, table, indices, count, width)`: copies the rows of `width` bytes that the indices name;
 * - `scatterAdd.dtype(out, updates, indices, count, width, first, rows)`: adds each row to the row of out that its index names, in order;
 *   out has so many rows, of which the first has the number `first`, and other indices are passed over.
 */
export function gathers(module: ModuleBuilder, copyBlocks: FunctionReference): void {
  const firstOutside = module.function(
    { indices: 'i32', count: 'i32', rows: 'i32' },
    ['i32'],
    (f, { indices, count, rows }) => {
      const position = f.local('i32');
      f.for(position, count, 1, () => {
        // As an unsigned number, a negative index is large.
        f.if(i32.ge_u(i32.load(indices), rows), () => f.return(position));
        f.increase(indices, 4);
      });
      f.return(count);
    },
  );
  module.export('firstOutside', firstOutside);

  const gather = module.function(
    { out: 'i32', table: 'i32', indices: 'i32', count: 'i32', width: 'i32' },
    [],
    (f, { out, table, indices, count, width }) => {
      f.while(count, () => {
        const row = i32.add(table, i32.mul(i32.load(indices), width));
        f.call(copyBlocks, out, i32.const(0), row, i32.const(0), width, i32.const(1));
        f.increase(out, width);
        f.increase(indices, 4);
        f.increase(count, -1);
      });
    },
  );
  module.export('gather', gather);

  scatterAdd(module, 'float32', 4, f32x4.add);
  scatterAdd(module, 'float64', 8, f64x2.add);
  scatterAdd(module, 'int32', 4, i32x4.add);
}

function scatterAdd(module: ModuleBuilder, dtype: string, bytes: 4 | 8, add: (x: V128, y: V128) => V128): void {
  const element = (address: I32): V128 => (bytes === 4 ? v128.load32_zero : v128.load64_zero)(address);
  const reference = module.function(
    { out: 'i32', updates: 'i32', indices: 'i32', count: 'i32', width: 'i32', first: 'i32', rows: 'i32' },
    [],
    (f, { out, updates, indices, count, width, first, rows }) => {
      const { row, to, at } = f.locals({ row: 'i32', to: 'i32', at: 'i32' });
      const vectors = f.let(i32.and(width, i32.const(-16)));
      f.while(count, () => {
        f.set(row, i32.sub(i32.load(indices), first));
        // As an unsigned number, a negative one is large.
        f.if(i32.lt_u(row, rows), () => {
          f.set(to, i32.add(out, i32.mul(row, width)));
          f.for(at, vectors, 16, () => {
            const sum = add(v128.load(i32.add(to, at)), v128.load(i32.add(updates, at)));
            f.do(store.v128(i32.add(to, at), sum));
          });
          f.while(i32.lt_u(at, width), () => {
            f.do(storeFirst(i32.add(to, at), add(element(i32.add(to, at)), element(i32.add(updates, at))), bytes));
            f.increase(at, bytes);
          });
        });
        f.increase(updates, width);
        f.increase(indices, 4);
        f.increase(count, -1);
      });
    },
  );
  module.export(`scatterAdd.${dtype}`, reference);
}
