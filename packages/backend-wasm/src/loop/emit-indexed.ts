import { f32x4, i32, i32x4, memoryCopy, store, v128 } from '../assembler/instructions.ts';
import type { I32, Local } from '../assembler/value.ts';
import type { Nest } from './actions.ts';
import { type Cursor, type Length, inVectors, storeLane, walk } from './nest-loops.ts';
import type { Emission } from './emission.ts';
import { emitFailure } from './failure.ts';
import { operate } from './operations.ts';
import { viewOf } from './placement.ts';
import { BYTES } from './values.ts';
import { FLOAT32 } from '../kernels/lanes.ts';

/** The first position of the largest number, or of the first NaN, along the last loop. */
export function emitArgmax(
  emission: Emission,
  nest: Nest,
  lengths: readonly Length[],
  output: Cursor,
  input: Cursor,
): void {
  const { f, schedule } = emission;
  const isInteger = schedule.dtypes[nest.inputs[0]!.value] === 'int32';
  const length = lengths.at(-1)!;
  const { best, value } = f.locals({ best: 'v128', value: 'v128' });
  const { from, position, at, left } = f.locals({ from: 'i32', position: 'i32', at: 'i32', left: 'i32' });
  walk(f, lengths.slice(0, -1), [output, input], () => {
    f.set(from, input.pointer);
    f.set(best, v128.load32_splat(from));
    f.set(at, i32.const(0));
    f.set(position, i32.const(0));
    f.set(left, typeof length === 'number' ? i32.const(length) : length);
    f.times(left, () => {
      f.set(value, v128.load32_splat(from));
      // Not value ≤ best, and best is a number.
      const isLess = isInteger
        ? i32x4.lt_s(best, value)
        : v128.and(
            v128.or(f32x4.lt(best, value), v128.bitselect(v128.zero, ALL_BITS, f32x4.eq(value, value))),
            f32x4.eq(best, best),
          );
      f.if(i32x4.extract_lane(isLess, 0), () => {
        f.set(best, value);
        f.set(position, at);
      });
      f.increase(from, input.strides.at(-1)!);
      f.increase(at, 1);
    });
    f.do(store.i32(output.pointer, position));
  });
}

const ALL_BITS = i32x4.eq(v128.zero, v128.zero);

/** Copies the rows of a table that indices name. */
export function emitGather(emission: Emission, nest: Nest, lengths: readonly Length[]): void {
  const { f, schedule } = emission;
  const [table, indices] = nest.inputs.map(({ value }) => pointerTo(emission, value));
  const shape = schedule.shapes[nest.inputs[0]!.value]!;
  const width = widthOf(shape);
  const out = pointerTo(emission, nest.output.value);
  emitCount(emission, lengths, (left, position) => {
    f.times(left, () => {
      const index = { made: nest.output.value, indices: indices!, position };
      f.do(memoryCopy(out, rowOf(emission, table!, index, shape[0]!, width), i32.const(width)));
      f.increase(out, width);
      f.increase(indices!, BYTES);
    });
  });
}

/** Adds each row to the row of the result that its index names, in order. */
export function emitScatterAdd(emission: Emission, nest: Nest, lengths: readonly Length[]): void {
  const { f, schedule, constants } = emission;
  const [updates, indices] = nest.inputs.map(({ value }) => pointerTo(emission, value));
  const { value } = nest.output;
  const shape = schedule.shapes[value]!;
  const width = widthOf(shape);
  const add = schedule.dtypes[value] === 'int32' ? 'add.int32' : 'add';
  const out = pointerTo(emission, value);
  const row = f.local('i32');
  emitCount(emission, lengths, (left, position) => {
    f.times(left, () => {
      f.set(row, rowOf(emission, out, { made: value, indices: indices!, position }, shape[0]!, width));
      inVectors(f, width / BYTES, (column, count) => {
        const to = i32.add(row, column);
        const operands = [f.let(v128.load(to)), f.let(v128.load(i32.add(updates!, column)))];
        const sum = f.let(operate(add, { f, lanes: FLOAT32, constants }, operands));
        if (count === FLOAT32.count) f.do(store.v128(to, sum));
        else for (let lane = 0; lane < count; lane++) storeLane(f, to, sum, lane);
      });
      f.increase(updates!, width);
      f.increase(indices!, BYTES);
    });
  });
}

/** The next index: what it makes, where it lies, and which of the step's it is. */
interface Index {
  readonly made: number;
  readonly indices: I32;
  readonly position: I32;
}

/** The address of the row that an index names. An index that there isn't ends the run. */
function rowOf(
  { f, failure }: Emission,
  table: I32,
  { made, indices, position }: Index,
  rows: number,
  width: number,
): I32 {
  const index = f.let(i32.load(indices));
  // As an unsigned number, a negative index is large.
  f.if(i32.ge_u(index, i32.const(rows)), () => emitFailure(f, failure!, { made, index, position }));
  return i32.add(table, i32.mul(index, i32.const(width)));
}

function widthOf(shape: readonly number[]): number {
  return shape.slice(1).reduce((product, length) => product * length, BYTES);
}

/** `left` counts the indices down, so that `position` counts them up. */
function emitCount(
  { f }: Emission,
  lengths: readonly Length[],
  body: (left: Local<'i32'>, position: I32) => void,
): void {
  const counts = lengths.map((length) => (typeof length === 'number' ? i32.const(length) : length));
  const count = f.let(counts.reduce((product, each) => i32.mul(product, each), i32.const(1)));
  const left = f.let(count);
  body(left, i32.sub(count, left));
}

function pointerTo({ f, schedule, baseOf }: Emission, value: number): Local<'i32'> {
  const { storage, offset } = viewOf(schedule, value);
  return f.let(i32.add(baseOf(storage), i32.const(offset)));
}
