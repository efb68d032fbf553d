import type { FunctionReference } from '../../assembler/function-builder.ts';
import { i32 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { FloatLanes } from '../lanes.ts';
import { PANEL } from './tile.ts';

/**
 * multiplyPackedByStep(time, atOnce, m, n, k, a, aRow, aStep, packed, c, cRow, cStep, accumulate): Cₜ = AₜB, or Cₜ += AₜB, for Aₜ [m, k] and
 * Cₜ [m, n], which lie `aStep` and `cStep` bytes apart, and B as `pack` leaves it. A panel of B stays in the first-level cache while the
 * rows of so many steps pass by, and these in the second while the panels do.
 */
export function multiplyPackedByStep(
  module: ModuleBuilder,
  lanes: FloatLanes,
  multiplyPacked: FunctionReference,
): FunctionReference {
  return module.function(
    {
      time: 'i32',
      atOnce: 'i32',
      m: 'i32',
      n: 'i32',
      k: 'i32',
      a: 'i32',
      aRow: 'i32',
      aStep: 'i32',
      packed: 'i32',
      c: 'i32',
      cRow: 'i32',
      cStep: 'i32',
      accumulate: 'i32',
    },
    [],
    (f, { time, atOnce, m, n, k, a, aRow, aStep, packed, c, cRow, cStep, accumulate }) => {
      const { steps, left, width, panel, from, to, column } = f.locals({
        steps: 'i32',
        left: 'i32',
        width: 'i32',
        panel: 'i32',
        from: 'i32',
        to: 'i32',
        column: 'i32',
      });
      f.while(time, () => {
        f.set(steps, atOnce);
        f.if(i32.lt_u(time, steps), () => f.set(steps, time));
        f.set(panel, packed);
        f.set(column, c);
        f.set(left, n);
        f.while(left, () => {
          f.set(width, i32.const(PANEL / lanes.bytes));
          f.if(i32.lt_u(left, width), () => f.set(width, left));
          f.set(from, a);
          f.set(to, column);
          f.times(f.let(steps), () => {
            f.call(multiplyPacked, m, width, k, from, aRow, panel, to, cRow, accumulate);
            f.increase(from, aStep);
            f.increase(to, cStep);
          });
          f.set(panel, i32.add(panel, i32.mul(k, i32.const(PANEL))));
          f.increase(column, PANEL);
          f.set(left, i32.sub(left, width));
        });
        f.set(a, i32.add(a, i32.mul(aStep, steps)));
        f.set(c, i32.add(c, i32.mul(cStep, steps)));
        f.set(time, i32.sub(time, steps));
      });
    },
  );
}
