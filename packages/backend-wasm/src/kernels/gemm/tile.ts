import type { FunctionReference } from '../../assembler/function-builder.ts';
import { i32, store, v128 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { Local, V128 } from '../../assembler/value.ts';
import type { FloatLanes } from '../lanes.ts';

/** Columns of a tile, in vectors: sixteen float32 or eight float64. */
export const VECTORS = 4;
/** Bytes of a row of a tile, and of a step in k of a packed panel. */
export const PANEL = 64;

/** How products are added up. Tiles of as many rows as the registers bear come first. */
export interface Arithmetic {
  readonly rows: readonly number[];
  readonly multiplyAdd: (lanes: FloatLanes, x: V128, y: V128, z: V128) => V128;
}

/**
 * Rounds the product and then the sum, so that every engine gives the same bits. V8 leaves 15 vector registers: 8 sums, 4 of B, 1
 * of A and the product make 14. More rows, or several steps of k in one pass, made V8 spill and lost up to half of the speed.
 */
export const EXACT: Arithmetic = {
  rows: [2, 1],
  // In this order: with the product first, older V8 copies it around and loses a sixth of the speed.
  multiplyAdd: (lanes, x, y, z) => lanes.add(z, lanes.mul(x, y)),
};

/** As `EXACT`, where V8 joins vectors in pairs: sixteen vectors are eight registers then, and four rows leave room for the rest. */
export const EXACT_IN_PAIRS: Arithmetic = { ...EXACT, rows: [4, 2, 1] };

/** Rounds once where the machine can: up to twice as fast where additions and multiplications share their pipes. */
export const RELAXED: Arithmetic = {
  rows: [3, 2, 1],
  multiplyAdd: (lanes, x, y, z) => lanes.relaxed_madd(x, y, z),
};

/** As `RELAXED`, in pairs. */
export const RELAXED_IN_PAIRS: Arithmetic = { ...RELAXED, rows: [4, 2, 1] };

/**
 * tile(k, a, aRow, b, c, cRow, accumulate): C = A·B, or C += A·B, for `rows` rows of A and C, which lie `aRow` and `cRow` bytes
 * apart, and a packed panel of B. Each element of C is one sum in the order of k, whatever the number of rows.
 */
export function tile(
  module: ModuleBuilder,
  lanes: FloatLanes,
  { multiplyAdd }: Arithmetic,
  rows: number,
): FunctionReference {
  return module.function(
    { k: 'i32', a: 'i32', aRow: 'i32', b: 'i32', c: 'i32', cRow: 'i32', accumulate: 'i32' },
    [],
    (f, { k, a, aRow, b, c, cRow, accumulate }) => {
      const rowsFrom = (first: Local<'i32'>, stride: Local<'i32'>): Local<'i32'>[] => {
        const pointers = [first];
        for (let row = 1; row < rows; row++) pointers.push(f.let(i32.add(pointers[row - 1]!, stride)));
        return pointers;
      };
      const as = rowsFrom(a, aRow);
      const cs = rowsFrom(c, cRow);
      const sums = as.map(() => Array.from({ length: VECTORS }, () => f.local('v128')));
      const end = f.let(i32.add(b, i32.mul(k, i32.const(PANEL))));
      const factor = Array.from({ length: 2 }, () => f.local('v128'));
      const ofB = Array.from({ length: VECTORS }, () => f.local('v128'));

      // Locals start as zeros.
      f.if(accumulate, () => {
        cs.forEach((pointer, row) => sums[row]!.forEach((sum, j) => f.set(sum, v128.load(pointer, 16 * j))));
      });
      const addProduct = (row: number, j: number, x: V128, y: V128): void => {
        const sum = sums[row]![j]!;
        f.set(sum, multiplyAdd(lanes, x, y, sum));
      };
      f.while(i32.lt_u(b, end), () => {
        if (rows !== 3) {
          ofB.forEach((vector, j) => f.set(vector, v128.load(b, 16 * j)));
          as.forEach((pointer, row) => {
            f.set(factor[0]!, lanes.splat(pointer));
            ofB.forEach((vector, j) => addProduct(row, j, factor[0]!, vector));
          });
        } else {
          // Twelve sums leave three registers: two rows share each vector of B, the third reads it again.
          f.set(factor[0]!, lanes.splat(as[0]!));
          f.set(factor[1]!, lanes.splat(as[1]!));
          for (let j = 0; j < VECTORS; j++) {
            f.set(ofB[0]!, v128.load(b, 16 * j));
            addProduct(0, j, factor[0]!, ofB[0]!);
            addProduct(1, j, factor[1]!, ofB[0]!);
          }
          f.set(factor[0]!, lanes.splat(as[2]!));
          for (let j = 0; j < VECTORS; j++) addProduct(2, j, factor[0]!, v128.load(b, 16 * j));
        }
        for (const pointer of as) f.increase(pointer, lanes.bytes);
        f.increase(b, PANEL);
      });
      cs.forEach((pointer, row) => sums[row]!.forEach((sum, j) => f.do(store.v128(pointer, sum, 16 * j))));
    },
  );
}
