import type { FunctionReference } from '../../assembler/function-builder.ts';
import { i32 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { FloatLanes } from '../lanes.ts';
import { scratchIn } from '../static-area.ts';
import { type Arithmetic, PANEL, tile } from './tile.ts';

/**
 * multiplyPacked(m, n, k, a, aRow, packed, c, cRow, accumulate): C = A·B, or C += A·B, for A [m, k], C [m, n], whose rows lie
 * `aRow` and `cRow` bytes apart, and B [k, n] as `pack` leaves it. A panel of B stays in the first-level cache while the rows of A
 * pass by.
 */
export function multiplyPacked(
  module: ModuleBuilder,
  lanes: FloatLanes,
  arithmetic: Arithmetic,
  copyBlocks: FunctionReference,
): FunctionReference {
  const columns = PANEL / lanes.bytes;
  const tiles = arithmetic.rows.map((rows) => ({ rows, run: tile(module, lanes, arithmetic, rows) }));
  return module.function(
    { m: 'i32', n: 'i32', k: 'i32', a: 'i32', aRow: 'i32', packed: 'i32', c: 'i32', cRow: 'i32', accumulate: 'i32' },
    [],
    (f, { m, n, k, a, aRow, packed, c, cRow, accumulate }) => {
      const { rowOfA, rowOfC, left, width } = f.locals({ rowOfA: 'i32', rowOfC: 'i32', left: 'i32', width: 'i32' });
      const scratch = scratchIn(module);
      const row = i32.const(PANEL);
      f.while(n, () => {
        f.set(width, i32.const(columns));
        f.if(i32.lt_u(n, width), () => f.set(width, n));
        f.set(rowOfA, a);
        f.set(rowOfC, c);
        f.set(left, m);
        for (const { rows, run } of tiles) {
          const count = i32.const(rows);
          f.while(i32.ge_u(left, count), () => {
            f.if(
              i32.eq(width, i32.const(columns)),
              () => f.call(run, k, rowOfA, aRow, packed, rowOfC, cRow, accumulate),
              () => {
                // Beside the edge of C lies other data: the tile is computed elsewhere.
                const bytes = i32.mul(width, i32.const(lanes.bytes));
                f.if(accumulate, () => f.call(copyBlocks, scratch, row, rowOfC, cRow, bytes, count));
                f.call(run, k, rowOfA, aRow, packed, scratch, row, accumulate);
                f.call(copyBlocks, rowOfC, cRow, scratch, row, bytes, count);
              },
            );
            f.set(rowOfA, i32.add(rowOfA, i32.mul(aRow, count)));
            f.set(rowOfC, i32.add(rowOfC, i32.mul(cRow, count)));
            f.increase(left, -rows);
          });
        }
        f.increase(c, PANEL);
        f.set(packed, i32.add(packed, i32.mul(k, row)));
        f.set(n, i32.sub(n, width));
      });
    },
  );
}
