import { type Effect, f32x4, f64x2, i32, i32x4, shuffle, store, v128 } from '../assembler/instructions.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';
import type { I32, Local, V128 } from '../assembler/value.ts';
import { storeFirst } from './first-lane.ts';
import type { Constants } from './static-area.ts';

/** How the elements of one dtype come together. */
export interface Reduction {
  readonly name: string;
  /** Bytes of an element. */
  readonly bytes: 4 | 8;
  /** Elements of a chunk. */
  readonly count: 2 | 4;
  readonly start: (constants: Constants) => V128;
  /** As many elements as a chunk has, in the form that they are combined in. */
  readonly chunk: (address: I32, offset?: number) => V128;
  /** One element, which changes nothing in the other lanes. */
  readonly element: (address: I32) => V128;
  readonly combine: (x: V128, y: V128) => V128;
  /** Number of lanes while combining. */
  readonly lanes: 2 | 4;
  /** Writes the first lane. */
  readonly write: (address: I32, value: V128) => Effect;
}

const zero = (): V128 => v128.zero;
const write4 = (address: I32, value: V128): Effect => storeFirst(address, value, 4);
const write8 = (address: I32, value: V128): Effect => storeFirst(address, value, 8);

/** Sums of float32 are kept in double precision within a row. */
const SUM_ROWS: readonly Reduction[] = [
  {
    name: 'float32',
    bytes: 4,
    count: 2,
    start: zero,
    chunk: (address, offset) => f64x2.promote_low_f32x4(v128.load64_zero(address, offset)),
    element: (address) => f64x2.promote_low_f32x4(v128.load32_zero(address)),
    combine: f64x2.add,
    lanes: 2,
    write: (address, value) => store.f32(address, f32x4.extract_lane(f32x4.demote_f64x2_zero(value), 0)),
  },
  {
    name: 'float64',
    bytes: 8,
    count: 2,
    start: zero,
    chunk: v128.load,
    element: (address) => v128.load64_zero(address),
    combine: f64x2.add,
    lanes: 2,
    write: write8,
  },
  {
    name: 'int32',
    bytes: 4,
    count: 4,
    start: zero,
    chunk: v128.load,
    element: (address) => v128.load32_zero(address),
    combine: i32x4.add,
    lanes: 4,
    write: write4,
  },
];

const MAX: readonly Reduction[] = [
  {
    name: 'float32',
    bytes: 4,
    count: 4,
    start: (constants) => constants.float32(-Infinity),
    chunk: v128.load,
    element: (address) => v128.load32_splat(address),
    combine: f32x4.max,
    lanes: 4,
    write: write4,
  },
  {
    name: 'float64',
    bytes: 8,
    count: 2,
    start: (constants) => constants.float64(-Infinity),
    chunk: v128.load,
    element: (address) => v128.load64_splat(address),
    combine: f64x2.max,
    lanes: 2,
    write: write8,
  },
  {
    name: 'int32',
    bytes: 4,
    count: 4,
    start: (constants) => constants.integer(BigInt(-(2 ** 31)), 4),
    chunk: v128.load,
    element: (address) => v128.load32_splat(address),
    combine: i32x4.max_s,
    lanes: 4,
    write: write4,
  },
];

/** Columns need no more digits: their sums are short, see `reduceColumns`. */
const SUM_COLUMNS: readonly Reduction[] = SUM_ROWS.map((reduction) =>
  reduction.name === 'float32'
    ? {
        ...reduction,
        count: 4,
        chunk: v128.load,
        element: (a) => v128.load32_zero(a),
        combine: f32x4.add,
        lanes: 4,
        write: write4,
      }
    : reduction,
);

/** Rows of one block of `reduceColumns`. */
const BLOCK = 32;
/** Chunks side by side, which do not wait for one another. */
const CHUNKS = 4;

/** Exports `sumRows.dtype`, `sumColumns.dtype`, `maxRows.dtype` and `maxColumns.dtype`. */
export function reductions(module: ModuleBuilder, constants: Constants): void {
  for (const each of SUM_ROWS) reduceRows(module, constants, `sumRows.${each.name}`, each);
  for (const each of SUM_COLUMNS) reduceColumns(module, constants, `sumColumns.${each.name}`, each);
  for (const each of MAX) reduceRows(module, constants, `maxRows.${each.name}`, each);
  for (const each of MAX) reduceColumns(module, constants, `maxColumns.${each.name}`, each);
}

/**
 * name(out, x, rows, columns): takes each row of a contiguous x into one element of out, which holds a start value.
 *
 * The order is fixed: chunk number i goes into partial result i mod 4, lane by lane; chunks beyond the last multiple of four go into
 * the first one, then the elements that fill no chunk; then ((p₀ + p₁) + (p₂ + p₃)), its lanes in halves, and last the start value.
 */
function reduceRows(module: ModuleBuilder, constants: Constants, name: string, reduction: Reduction): void {
  const { bytes, count, chunk, element, combine } = reduction;
  const reference = module.function({ out: 'i32', x: 'i32', rows: 'i32', columns: 'i32' }, [], (f, locals) => {
    const { out, x, rows, columns } = locals;
    const partial = Array.from({ length: CHUNKS }, () => f.local('v128'));
    const end = f.local('i32');
    const step = count * bytes;
    const width = f.let(i32.mul(columns, i32.const(bytes)));
    const pass = (chunks: number): void => {
      // Addresses of a row count up from 0, so that its end is where they stop being below it.
      f.while(i32.ge_u(i32.sub(end, x), i32.const(chunks * step)), () => {
        for (let i = 0; i < chunks; i++) f.set(partial[i]!, combine(partial[i]!, chunk(x, i * step)));
        f.increase(x, chunks * step);
      });
    };
    f.while(rows, () => {
      for (const each of partial) f.set(each, reduction.start(constants));
      f.set(end, i32.add(x, width));
      pass(CHUNKS);
      pass(1);
      f.while(i32.lt_u(x, end), () => {
        f.set(partial[0]!, combine(partial[0]!, element(x)));
        f.increase(x, bytes);
      });
      const [p0, p1, p2, p3] = partial as [Local<'v128'>, Local<'v128'>, Local<'v128'>, Local<'v128'>];
      f.set(p0, combine(combine(p0, p1), combine(p2, p3)));
      f.set(p0, combine(p0, shuffle(p0, p0, HIGH_HALF)));
      if (reduction.lanes === 4) f.set(p0, combine(p0, shuffle(p0, p0, SECOND_LANE)));
      f.do(reduction.write(out, combine(p0, element(out))));
      f.increase(out, bytes);
      f.increase(rows, -1);
    });
  });
  module.export(name, reference);
}

/**
 * name(out, x, rows, columns, row): takes each column of x, whose rows lie `row` bytes apart, into one element of out, which holds a
 * start value. Blocks of 32
 * rows are reduced in order, and their results in order: sums stay short, so that errors do not pile up.
 */
function reduceColumns(module: ModuleBuilder, constants: Constants, name: string, reduction: Reduction): void {
  const { bytes, count, chunk, element, combine } = reduction;
  const reference = module.function(
    { out: 'i32', x: 'i32', rows: 'i32', columns: 'i32', row: 'i32' },
    [],
    (f, locals) => {
      const { out, x, rows, columns, row } = locals;
      const partial = Array.from({ length: CHUNKS }, () => f.local('v128'));
      const { block, left, from, to, top } = f.locals({
        block: 'i32',
        left: 'i32',
        from: 'i32',
        to: 'i32',
        top: 'i32',
      });
      const width = f.let(i32.mul(columns, i32.const(bytes)));
      const column = (
        chunks: number,
        load: (address: I32, offset: number) => V128,
        write: (i: number) => Effect,
      ): void => {
        for (let i = 0; i < chunks; i++) f.set(partial[i]!, reduction.start(constants));
        f.set(from, top);
        f.set(left, block);
        f.times(left, () => {
          for (let i = 0; i < chunks; i++) f.set(partial[i]!, combine(partial[i]!, load(from, i * 16)));
          f.increase(from, row);
        });
        for (let i = 0; i < chunks; i++) f.do(write(i));
      };
      const end = f.let(i32.add(out, width));
      f.while(rows, () => {
        f.set(block, i32.const(BLOCK));
        f.if(i32.lt_u(rows, block), () => f.set(block, rows));
        f.set(to, out);
        f.set(top, x);
        for (const chunks of [CHUNKS, 1]) {
          f.while(i32.ge_u(i32.sub(end, to), i32.const(chunks * count * bytes)), () => {
            column(chunks, chunk, (i) => store.v128(to, combine(v128.load(to, 16 * i), partial[i]!), 16 * i));
            f.increase(to, chunks * 16);
            f.increase(top, chunks * 16);
          });
        }
        f.while(i32.lt_u(to, end), () => {
          column(1, element, () => reduction.write(to, combine(element(to), partial[0]!)));
          f.increase(to, bytes);
          f.increase(top, bytes);
        });
        f.set(x, i32.add(x, i32.mul(row, block)));
        f.set(rows, i32.sub(rows, block));
      });
    },
  );
  module.export(name, reference);
}

const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const SECOND_LANE = [4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7];
