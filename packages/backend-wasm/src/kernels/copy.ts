import type { FunctionReference } from '../assembler/function-builder.ts';
import { i32, i64, memoryCopy, store, v128 } from '../assembler/instructions.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';

/** From here on `memory.copy` is worth its call. */
const LONG = 512;

/**
 * copyBlocks(out, outStride, x, xStride, width, count): copies `count` blocks of `width` bytes that lie a stride apart. The width
 * is a multiple of 4. Nothing else is written.
 */
export function copyBlocks(module: ModuleBuilder): FunctionReference {
  return module.function(
    { out: 'i32', outStride: 'i32', x: 'i32', xStride: 'i32', width: 'i32', count: 'i32' },
    [],
    (f, { out, outStride, x, xStride, width, count }) => {
      const { at, vectors } = f.locals({ at: 'i32', vectors: 'i32' });
      f.set(vectors, i32.and(width, i32.const(-16)));
      f.while(count, () => {
        f.if(
          i32.ge_u(width, i32.const(LONG)),
          () => f.do(memoryCopy(out, x, width)),
          () => {
            f.for(at, vectors, 16, () => f.do(store.v128(i32.add(out, at), v128.load(i32.add(x, at)))));
            f.while(i32.lt_u(at, width), () => {
              f.do(store.i32(i32.add(out, at), i32.load(i32.add(x, at))));
              f.increase(at, 4);
            });
          },
        );
        f.increase(out, outStride);
        f.increase(x, xStride);
        f.increase(count, -1);
      });
    },
  );
}

/** copyPlanes(planes, out, outPlane, x, xPlane, xStride, width, count): `copyBlocks` for many planes, whose blocks lie side by side in `out`. */
export function copyPlanes(module: ModuleBuilder, blocks: FunctionReference): FunctionReference {
  return module.function(
    {
      planes: 'i32',
      out: 'i32',
      outPlane: 'i32',
      x: 'i32',
      xPlane: 'i32',
      xStride: 'i32',
      width: 'i32',
      count: 'i32',
    },
    [],
    (f, { planes, out, outPlane, x, xPlane, xStride, width, count }) => {
      f.while(planes, () => {
        f.call(blocks, out, width, x, xStride, width, count);
        f.increase(out, outPlane);
        f.increase(x, xPlane);
        f.increase(planes, -1);
      });
    },
  );
}

/**
 * copyElements(out, x, rows, columns, rowStride, columnStride): fills a contiguous [rows, columns] with elements of `bytes` bytes
 * that lie strides of any size apart.
 */
export function copyElements(module: ModuleBuilder, bytes: 4 | 8): FunctionReference {
  return module.function(
    { out: 'i32', x: 'i32', rows: 'i32', columns: 'i32', rowStride: 'i32', columnStride: 'i32' },
    [],
    (f, { out, x, rows, columns, rowStride, columnStride }) => {
      const { from, end } = f.locals({ from: 'i32', end: 'i32' });
      f.while(rows, () => {
        f.set(from, x);
        f.set(end, i32.add(out, i32.mul(columns, i32.const(bytes))));
        f.while(i32.lt_u(out, end), () => {
          f.do(bytes === 4 ? store.i32(out, i32.load(from)) : store.i64(out, i64.load(from)));
          f.increase(out, bytes);
          f.increase(from, columnStride);
        });
        f.increase(x, rowStride);
        f.increase(rows, -1);
      });
    },
  );
}
