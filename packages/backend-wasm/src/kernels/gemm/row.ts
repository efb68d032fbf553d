import type { FunctionReference } from '../../assembler/function-builder.ts';
import { i32, store, v128 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { FloatLanes } from '../lanes.ts';
import { scratchIn } from '../static-area.ts';
import type { Arithmetic } from './tile.ts';

/** Bytes of a step in k of a panel for one row: twelve sums, and one number of the row, are what the registers hold. */
export const ROW_PANEL = 192;

/**
 * multiplyRow(n, k, a, packed, c): c = a·B for a row a [k], B [k, n] as `packRow` leaves it, in panels of 48 float32 or 24 float64
 * columns, and c [n]. B is read once, in its order. Each element is the sum that `multiplyPacked` makes.
 */
export function multiplyRow(
  module: ModuleBuilder,
  lanes: FloatLanes,
  arithmetic: Arithmetic,
  copyBlocks: FunctionReference,
): FunctionReference {
  const panel = multiplyPanel(module, lanes, arithmetic);
  const parameters = { n: 'i32', k: 'i32', a: 'i32', packed: 'i32', c: 'i32' } as const;
  return module.function(parameters, [], (f, { n, k, a, packed, c }) => {
    const left = f.let(i32.mul(n, i32.const(lanes.bytes)));
    const row = i32.const(ROW_PANEL);
    f.while(left, () => {
      f.if(
        i32.ge_u(left, row),
        () => {
          f.call(panel, k, a, packed, c);
          f.increase(left, -ROW_PANEL);
        },
        () => {
          // Behind the end of c lies other data.
          f.call(panel, k, a, packed, scratchIn(module));
          f.call(copyBlocks, c, row, scratchIn(module), row, left, i32.const(1));
          f.set(left, i32.const(0));
        },
      );
      f.set(packed, i32.add(packed, i32.mul(k, row)));
      f.increase(c, ROW_PANEL);
    });
  });
}

/**
 * One panel: c = a·B. A function of its own with nothing but this loop in it, and one step of k in a turn: around it, or with two
 * steps, older V8 moved the sums about in every turn and lost up to half of the speed.
 */
function multiplyPanel(module: ModuleBuilder, lanes: FloatLanes, { multiplyAdd }: Arithmetic): FunctionReference {
  const parameters = { k: 'i32', a: 'i32', packed: 'i32', c: 'i32' } as const;
  return module.function(parameters, [], (f, { k, a, packed, c }) => {
    const sums = Array.from({ length: ROW_PANEL / 16 }, () => f.local('v128'));
    const factor = f.local('v128');
    const end = f.let(i32.add(a, i32.mul(k, i32.const(lanes.bytes))));
    f.while(i32.lt_u(a, end), () => {
      f.set(factor, lanes.splat(a));
      sums.forEach((sum, j) => f.set(sum, multiplyAdd(lanes, factor, v128.load(packed, 16 * j), sum)));
      f.increase(a, lanes.bytes);
      f.increase(packed, ROW_PANEL);
    });
    sums.forEach((sum, j) => f.do(store.v128(c, sum, 16 * j)));
  });
}
