import type { FunctionReference } from '../../assembler/function-builder.ts';
import { i32, store, v128 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { FloatLanes } from '../lanes.ts';
import { PANEL } from './tile.ts';

/** The copying kernels of the module that the product is built in. */
export interface Copies {
  readonly copyBlocks: FunctionReference;
  readonly transpose: FunctionReference;
}

/**
 * pack(out, b, bRow, k, n, transposed): brings B [k, n] into panels of columns, 64 bytes each if nothing else is said: [k][16 or 8], one after the other.
 * The last one is filled up with zeros. Transposed, B is given as [n, k]. Its rows lie `bRow` bytes apart.
 */
export function pack(
  module: ModuleBuilder,
  lanes: FloatLanes,
  { copyBlocks, transpose }: Copies,
  panel: number = PANEL,
): FunctionReference {
  const columns = panel / lanes.bytes;
  return module.function(
    { out: 'i32', b: 'i32', bRow: 'i32', k: 'i32', n: 'i32', transposed: 'i32' },
    [],
    (f, { out, b, bRow, k, n, transposed }) => {
      const { width, end, at, from } = f.locals({ width: 'i32', end: 'i32', at: 'i32', from: 'i32' });
      const zeros = f.local('v128');
      f.while(n, () => {
        f.set(width, i32.const(columns));
        f.set(end, i32.add(out, i32.mul(k, i32.const(panel))));
        f.if(i32.lt_u(n, width), () => {
          f.set(width, n);
          f.set(at, out);
          f.while(i32.lt_u(at, end), () => {
            for (let j = 0; j < panel / 16; j++) f.do(store.v128(at, zeros, 16 * j));
            f.increase(at, panel);
          });
        });
        f.if(
          transposed,
          () => {
            f.call(transpose, out, i32.const(panel), b, bRow, width, k);
            f.set(b, i32.add(b, i32.mul(bRow, width)));
          },
          () => {
            f.if(
              i32.eq(width, i32.const(columns)),
              () => {
                f.set(at, out);
                f.set(from, b);
                f.while(i32.lt_u(at, end), () => {
                  for (let j = 0; j < panel / 16; j++) f.do(store.v128(at, v128.load(from, 16 * j), 16 * j));
                  f.increase(at, panel);
                  f.increase(from, bRow);
                });
              },
              () => f.call(copyBlocks, out, i32.const(panel), b, bRow, i32.mul(width, i32.const(lanes.bytes)), k),
            );
            f.increase(b, panel);
          },
        );
        f.set(out, end);
        f.set(n, i32.sub(n, width));
      });
    },
  );
}
