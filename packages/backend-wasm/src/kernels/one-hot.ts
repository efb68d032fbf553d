import { i32, memoryFill, store } from '../assembler/instructions.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';

/** The bits of 1: all of float32, and those of float64 that are not 0. */
const ONE = 0x3f800000;
const UPPER_HALF_OF_ONE = 0x3ff00000;

/**
 * Exports `oneHot.dtype(out, indices, rows, depth)`: for each int32 index a row of so many elements, 1 where it points and 0 elsewhere; all 0
 * if it points outside.
 */
export function oneHots(module: ModuleBuilder): void {
  oneHot(module, 'float32', 4);
  oneHot(module, 'float64', 8);
}

function oneHot(module: ModuleBuilder, dtype: 'float32' | 'float64', bytes: 4 | 8): void {
  const reference = module.function(
    { out: 'i32', indices: 'i32', rows: 'i32', depth: 'i32' },
    [],
    (f, { out, indices, rows, depth }) => {
      const width = f.let(i32.mul(depth, i32.const(bytes)));
      const index = f.local('i32');
      f.do(memoryFill(out, i32.const(0), i32.mul(rows, width)));
      f.while(rows, () => {
        f.set(index, i32.load(indices));
        // As an unsigned number, a negative one is large.
        f.if(i32.lt_u(index, depth), () => {
          const to = i32.add(out, i32.mul(index, i32.const(bytes)));
          f.do(bytes === 4 ? store.i32(to, i32.const(ONE)) : store.i32(to, i32.const(UPPER_HALF_OF_ONE), 4));
        });
        f.increase(indices, 4);
        f.set(out, i32.add(out, width));
        f.increase(rows, -1);
      });
    },
  );
  module.export(`oneHot.${dtype}`, reference);
}
