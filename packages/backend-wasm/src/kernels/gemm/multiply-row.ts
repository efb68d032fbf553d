import type { FunctionReference } from '../../assembler/function-builder.ts';
import { i32, store, v128 } from '../../assembler/instructions.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { Local, V128 } from '../../assembler/value.ts';
import { storeFirst } from '../first-lane.ts';
import type { FloatLanes } from '../lanes.ts';
import { transposeSquare } from '../transpose.ts';
import type { Arithmetic } from './tile.ts';

/** Rows of B that one pass takes. */
const ROWS = 4;

/**
 * addRow(k, n, x, b, bRow, y): y += x·B for x [k], B [k, n] and y [n]. B is read once, in its order, four rows side by side: with
 * one row of A nothing is worth packing.
 */
export function addRow(module: ModuleBuilder, lanes: FloatLanes, { multiplyAdd }: Arithmetic): FunctionReference {
  return module.function(
    { k: 'i32', n: 'i32', x: 'i32', b: 'i32', bRow: 'i32', y: 'i32' },
    [],
    (f, { k, n, x, b, bRow, y }) => {
      const pointers = Array.from({ length: ROWS }, () => f.local('i32'));
      const factors = pointers.map(() => f.local('v128'));
      const { to, end } = f.locals({ to: 'i32', end: 'i32' });
      const sum = f.local('v128');
      const bytes = f.let(i32.mul(n, i32.const(lanes.bytes)));
      const vectors = f.let(i32.and(bytes, i32.const(-16)));

      for (const rows of [ROWS, 1]) {
        f.while(i32.ge_u(k, i32.const(rows)), () => {
          const used = pointers.slice(0, rows);
          used.forEach((pointer, row) => {
            f.set(pointer, row === 0 ? b : i32.add(pointers[row - 1]!, bRow));
            f.set(factors[row]!, lanes.splat(x, row * lanes.bytes));
          });
          f.set(b, i32.add(used[rows - 1]!, bRow));
          f.set(to, y);
          const pass = (load: (address: Local<'i32'>) => V128, write: () => void, step: number): void => {
            f.while(i32.lt_u(to, end), () => {
              f.set(sum, load(to));
              used.forEach((pointer, row) => f.set(sum, multiplyAdd(lanes, factors[row]!, load(pointer), sum)));
              write();
              f.increase(to, step);
              for (const pointer of used) f.increase(pointer, step);
            });
          };
          f.set(end, i32.add(y, vectors));
          pass(v128.load, () => f.do(store.v128(to, sum)), 16);
          f.set(end, i32.add(y, bytes));
          pass(lanes.first, () => f.do(storeFirst(to, sum, lanes.bytes)), lanes.bytes);
          f.increase(x, rows * lanes.bytes);
          f.increase(k, -rows);
        });
      }
    },
  );
}

/**
 * dotRows(k, n, x, b, bRow, y): y = x·Bᵀ for x [k], B [n, k] and y [n]. Each product is summed in as many parts as a vector has
 * numbers, and these are added in pairs.
 */
export function dotRows(module: ModuleBuilder, lanes: FloatLanes, { multiplyAdd }: Arithmetic): FunctionReference {
  return module.function(
    { k: 'i32', n: 'i32', x: 'i32', b: 'i32', bRow: 'i32', y: 'i32' },
    [],
    (f, { k, n, x, b, bRow, y }) => {
      const { from, end } = f.locals({ from: 'i32', end: 'i32' });
      const pointers = Array.from({ length: ROWS }, () => f.local('i32'));
      const sums = pointers.map(() => f.local('v128'));
      const factor = f.local('v128');
      const kept = Array.from({ length: 4 }, () => f.local('v128'));
      const bytes = f.let(i32.mul(k, i32.const(lanes.bytes)));
      const vectors = f.let(i32.and(bytes, i32.const(-16)));

      for (const rows of [ROWS, 1]) {
        f.while(i32.ge_u(n, i32.const(rows)), () => {
          const used = pointers.slice(0, rows);
          used.forEach((pointer, row) => {
            f.set(pointer, row === 0 ? b : i32.add(pointers[row - 1]!, bRow));
            f.set(sums[row]!, v128.zero);
          });
          f.set(b, i32.add(used[rows - 1]!, bRow));
          f.set(from, x);
          const pass = (load: (address: Local<'i32'>) => V128, step: number): void => {
            f.while(i32.lt_u(from, end), () => {
              f.set(factor, load(from));
              used.forEach((pointer, row) => f.set(sums[row]!, multiplyAdd(lanes, factor, load(pointer), sums[row]!)));
              f.increase(from, step);
              for (const pointer of used) f.increase(pointer, step);
            });
          };
          f.set(end, i32.add(x, vectors));
          pass(v128.load, 16);
          f.set(end, i32.add(x, bytes));
          // The other lanes are zeros, and stay what they are.
          pass(lanes.first, lanes.bytes);

          for (let row = 0; row < rows; row += lanes.count) {
            const group = Array.from({ length: lanes.count }, (_, i) => sums[Math.min(row + i, rows - 1)]!);
            const total = addAcross(group, lanes, (value, i) => {
              f.set(kept[i]!, value);
              return kept[i]!;
            });
            f.do(rows === 1 ? storeFirst(y, total, lanes.bytes) : store.v128(y, total, row * lanes.bytes));
          }
          f.increase(y, rows * lanes.bytes);
          f.increase(n, -rows);
        });
      }
    },
  );
}

/** The sum of each vector's lanes, in a lane of its own. */
function addAcross(vectors: readonly V128[], lanes: FloatLanes, keep: (value: V128, i: number) => V128): V128 {
  let next = 0;
  const columns = transposeSquare(vectors, (value) => keep(value, next++));
  if (columns.length === 2) return lanes.add(columns[0]!, columns[1]!);
  return lanes.add(lanes.add(columns[0]!, columns[1]!), lanes.add(columns[2]!, columns[3]!));
}
