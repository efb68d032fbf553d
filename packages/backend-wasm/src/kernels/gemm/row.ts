import type { FunctionReference } from '../../assembler/function-builder.ts';
import { i32, store, v128 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { FloatLanes } from '../lanes.ts';
import { scratchIn } from '../static-area.ts';
import type { Arithmetic } from './tile.ts';

/** Bytes of a step in k of a panel for one row: eight sums are enough that no addition waits for the one before. */
export const ROW_PANEL = 128;
/** Steps of k in one turn of the loop. */
const STEPS = 2;

/**
 * multiplyRow(n, k, a, packed, c): c = a·B for a row a [k], B [k, n] as `packRow` leaves it, in panels of 32 float32 or 16 float64
 * columns, and c [n]. B is read once, in its order. Each element is the sum that `multiplyPacked` makes.
 */
export function multiplyRow(
  module: ModuleBuilder,
  lanes: FloatLanes,
  { multiplyAdd }: Arithmetic,
  copyBlocks: FunctionReference,
): FunctionReference {
  const parameters = { n: 'i32', k: 'i32', a: 'i32', packed: 'i32', c: 'i32' } as const;
  return module.function(parameters, [], (f, { n, k, a, packed, c }) => {
    const sums = Array.from({ length: ROW_PANEL / 16 }, () => f.local('v128'));
    const factor = f.local('v128');
    const { from, bytes, to } = f.locals({ from: 'i32', bytes: 'i32', to: 'i32' });
    const end = f.let(i32.add(a, i32.mul(k, i32.const(lanes.bytes))));
    const wholes = f.let(i32.sub(end, i32.mul(i32.and(k, i32.const(STEPS - 1)), i32.const(lanes.bytes))));
    const left = f.let(i32.mul(n, i32.const(lanes.bytes)));
    const row = i32.const(ROW_PANEL);

    f.while(left, () => {
      for (const sum of sums) f.set(sum, v128.zero);
      f.set(from, a);
      for (const [steps, until] of [
        [STEPS, wholes],
        [1, end],
      ] as const) {
        f.while(i32.lt_u(from, until), () => {
          for (let step = 0; step < steps; step++) {
            f.set(factor, lanes.splat(from, step * lanes.bytes));
            sums.forEach((sum, j) => {
              f.set(sum, multiplyAdd(lanes, factor, v128.load(packed, step * ROW_PANEL + 16 * j), sum));
            });
          }
          f.increase(from, steps * lanes.bytes);
          f.increase(packed, steps * ROW_PANEL);
        });
      }
      f.set(bytes, row);
      f.set(to, c);
      // Behind the end of c lies other data.
      f.if(i32.lt_u(left, row), () => {
        f.set(bytes, left);
        f.set(to, scratchIn(module));
      });
      sums.forEach((sum, j) => f.do(store.v128(to, sum, 16 * j)));
      f.if(i32.lt_u(bytes, row), () => f.call(copyBlocks, c, row, to, row, bytes, i32.const(1)));
      f.increase(c, ROW_PANEL);
      f.set(left, i32.sub(left, bytes));
    });
  });
}
