import type { FunctionReference } from '../../assembler/function-builder.ts';
import { i32, store, v128 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { FloatLanes } from '../lanes.ts';
import { type Arithmetic, PANEL, VECTORS } from './tile.ts';

/** Panels of B that one pass takes: their eight sums are enough that no addition waits for the one before. */
export const ROW_PANELS = 2;
/** Steps of k in one turn of the loop. */
const STEPS = 2;

/**
 * row(k, a, b, c, accumulate): c = a·B, or c += a·B, for a row a [k], two packed panels of B, one behind the other, and the 32
 * float32 or 16 float64 columns of c that belong to them. Each element is the sum that `tile` makes: with one row there is nothing
 * to share, so that reading B is all that counts.
 */
export function row(module: ModuleBuilder, lanes: FloatLanes, { multiplyAdd }: Arithmetic): FunctionReference {
  return module.function({ k: 'i32', a: 'i32', b: 'i32', c: 'i32', accumulate: 'i32' }, [], (f, locals) => {
    const { k, a, b, c, accumulate } = locals;
    const sums = Array.from({ length: ROW_PANELS * VECTORS }, () => f.local('v128'));
    const factor = f.local('v128');
    const first = b;
    const second = f.let(i32.add(b, i32.mul(k, i32.const(PANEL))));
    const end = f.let(i32.add(a, i32.mul(k, i32.const(lanes.bytes))));
    const wholes = f.let(i32.sub(end, i32.mul(i32.and(k, i32.const(STEPS - 1)), i32.const(lanes.bytes))));

    // Locals start as zeros.
    f.if(accumulate, () => sums.forEach((sum, j) => f.set(sum, v128.load(c, 16 * j))));
    for (const [steps, until] of [
      [STEPS, wholes],
      [1, end],
    ] as const) {
      f.while(i32.lt_u(a, until), () => {
        for (let step = 0; step < steps; step++) {
          f.set(factor, lanes.splat(a, step * lanes.bytes));
          sums.forEach((sum, j) => {
            const panel = j < VECTORS ? first : second;
            const vector = v128.load(panel, step * PANEL + 16 * (j % VECTORS));
            f.set(sum, multiplyAdd(lanes, factor, vector, sum));
          });
        }
        f.increase(a, steps * lanes.bytes);
        f.increase(first, steps * PANEL);
        f.increase(second, steps * PANEL);
      });
    }
    sums.forEach((sum, j) => f.do(store.v128(c, sum, 16 * j)));
  });
}
