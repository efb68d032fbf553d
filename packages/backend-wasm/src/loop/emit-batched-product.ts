import { f32x4, i32, store, v128 } from '../assembler/instructions.ts';
import type { I32, Local, V128 } from '../assembler/value.ts';
import type { Nest } from './actions.ts';
import { type Cursor, type Length, inVectors, storeLane, walk } from './nest-loops.ts';
import type { Emission } from './emission.ts';
import { combinationOf, combineLanes, firstLanes } from './operations.ts';
import { viewOf } from './placement.ts';
import { BYTES } from './values.ts';

const LANES = 4;
const VECTOR = LANES * BYTES;
/** Vectors of one row of the result that are summed side by side. */
const BLOCK = 8;

/** One product of a batch: lengths, and bytes from one row or column to the next. */
interface Dimensions {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly aRow: number;
  readonly aColumn: number;
  readonly bRow: number;
  readonly bColumn: number;
  readonly cRow: number;
}

interface Operands {
  readonly a: Local<'i32'>;
  readonly b: Local<'i32'>;
  readonly c: Local<'i32'>;
}

/** [b, m, k] × [b, k, n]: small products, each computed from memory as it lies. */
export function emitBatchedProduct(emission: Emission, nest: Nest, batch: Length): void {
  const { f, schedule } = emission;
  const [c, a, b] = [nest.output, ...nest.inputs].map(({ value }): Cursor => {
    const { storage, offset } = viewOf(schedule, value);
    const [, rows, columns] = schedule.shapes[value] as [number, number, number];
    const pointer = f.let(i32.add(emission.baseOf(storage), i32.const(offset)));
    return { pointer, strides: [rows * columns * BYTES] };
  }) as [Cursor, Cursor, Cursor];
  const [, m, n] = schedule.shapes[nest.output.value] as [number, number, number];
  const [transposeA, transposeB] = nest.transposed!;
  const [, aRows, aColumns] = schedule.shapes[nest.inputs[0]!.value] as [number, number, number];
  const k = transposeA ? aRows : aColumns;
  const [aRow, aColumn] = transposeA ? [BYTES, m * BYTES] : [k * BYTES, BYTES];
  const [bRow, bColumn] = transposeB ? [BYTES, k * BYTES] : [n * BYTES, BYTES];
  const of: Dimensions = { m, n, k, aRow, aColumn, bRow, bColumn, cRow: n * BYTES };
  walk(f, [batch], [c, a, b], () => {
    // A column is a row of the product of the transposed operands, which lies in the same place.
    if (n === 1) {
      const turned = { m: 1, n: m, k, aRow: 0, aColumn: bRow, bRow: aColumn, bColumn: aRow, cRow: 0 };
      emitOne(f, turned, { a: b.pointer, b: a.pointer, c: c.pointer });
    } else emitOne(f, of, { a: a.pointer, b: b.pointer, c: c.pointer });
  });
}

function emitOne(f: Emission['f'], of: Dimensions, { a, b, c }: Operands): void {
  const rows: readonly Cursor[] = [
    { pointer: f.let(a), strides: [of.aRow] },
    { pointer: f.let(c), strides: [of.cRow] },
  ];
  walk(f, [of.m], rows, () => {
    const operands = { a: rows[0]!.pointer, b, c: rows[1]!.pointer };
    if (of.bColumn === BYTES) emitSums(f, of, operands);
    else emitDots(f, of, operands);
  });
}

/** A row of the result as a sum of rows of B. */
function emitSums(f: Emission['f'], { n, k, aColumn, bRow }: Dimensions, { a, b, c }: Operands): void {
  const { from, left, row } = f.locals({ from: 'i32', left: 'i32', row: 'i32' });
  const partial = Array.from({ length: BLOCK }, () => f.local('v128'));
  const factor = f.local('v128');
  const block = (column: I32, vectors: number, counted: number): void => {
    for (let i = 0; i < vectors; i++) f.set(partial[i]!, v128.zero);
    f.set(from, a);
    f.set(row, i32.add(b, column));
    f.set(left, i32.const(k));
    f.times(left, () => {
      f.set(factor, v128.load32_splat(from));
      for (let i = 0; i < vectors; i++) {
        f.set(partial[i]!, f32x4.add(partial[i]!, f32x4.mul(factor, v128.load(row, i * VECTOR))));
      }
      f.increase(from, aColumn);
      f.increase(row, bRow);
    });
    const to = f.let(i32.add(c, column));
    for (let i = 0; i < vectors; i++) {
      const count = Math.min(LANES, counted - i * LANES);
      if (count === LANES) f.do(store.v128(to, partial[i]!, i * VECTOR));
      else for (let lane = 0; lane < count; lane++) storeLane(f, i32.add(to, i32.const(i * VECTOR)), partial[i]!, lane);
    }
  };
  const column = f.let(i32.const(0));
  const perBlock = BLOCK * LANES;
  const whole = Math.floor(n / perBlock);
  if (whole > 0) {
    f.repeatWhile(
      () => i32.lt_u(column, i32.const(whole * BLOCK * VECTOR)),
      () => {
        block(column, BLOCK, perBlock);
        f.increase(column, BLOCK * VECTOR);
      },
    );
  }
  const rest = n - whole * perBlock;
  if (rest > 0) block(column, Math.ceil(rest / LANES), rest);
}

/** A row of the result as dot products of a row of A with the columns of B, which lie along k. */
function emitDots(f: Emission['f'], of: Dimensions, { a, b, c }: Operands): void {
  const { n, k, aColumn, bRow, bColumn } = of;
  const sum = combinationOf('sum')!;
  const columns: readonly Cursor[] = [
    { pointer: f.let(b), strides: [bColumn] },
    { pointer: f.let(c), strides: [BYTES] },
  ];
  const partial = f.local('v128');
  const add = (product: V128): void => f.set(partial, f32x4.add(partial, product));
  walk(f, [n], columns, () => {
    const [column, to] = [columns[0]!.pointer, columns[1]!.pointer];
    f.set(partial, v128.zero);
    if (aColumn === BYTES && bRow === BYTES) {
      inVectors(f, k, (at, count) => {
        const product = f32x4.mul(v128.load(i32.add(a, at)), v128.load(i32.add(column, at)));
        add(count === LANES ? product : firstLanes(product, v128.zero, count));
      });
      storeLane(f, to, combineLanes(f, sum, partial), 0);
      return;
    }
    const { x, y, left } = f.locals({ x: 'i32', y: 'i32', left: 'i32' });
    f.set(x, a);
    f.set(y, column);
    f.set(left, i32.const(k));
    f.times(left, () => {
      add(f32x4.mul(v128.load32_splat(x), v128.load32_splat(y)));
      f.increase(x, aColumn);
      f.increase(y, bRow);
    });
    storeLane(f, to, partial, 0);
  });
}
