import { f32x4, i32, store } from '../assembler/instructions.ts';
import type { I32, Local } from '../assembler/value.ts';
import type { Emission } from './emission.ts';
import { viewOf } from './placement.ts';
import { BYTES } from './values.ts';

const LANES = 4;
const VECTOR = LANES * BYTES;

/** A pointer into a value, and how far each loop moves it, in bytes. */
export interface Cursor {
  readonly pointer: Local<'i32'>;
  readonly strides: readonly number[];
}

/** One loop: its length, perhaps known only when it runs. */
export type Length = number | I32;

/** Bytes from one position to the next on each axis of a value. */
export function stridesOf({ schedule }: Emission, value: number): readonly number[] {
  const shape = schedule.shapes[value]!;
  const { row } = viewOf(schedule, value);
  const last = shape.length - 1;
  return shape.map((_, axis) =>
    axis === last ? BYTES : row * shape.slice(axis + 1, -1).reduce((product, length) => product * length, 1),
  );
}

/** Runs the body for each position of the outer loops, with all pointers there; the body leaves them as they are. */
export function walk(
  f: Emission['f'],
  lengths: readonly Length[],
  cursors: readonly Cursor[],
  body: () => void,
  depth = 0,
): void {
  if (depth === lengths.length) return body();
  const length = lengths[depth]!;
  const left = f.let(typeof length === 'number' ? i32.const(length) : length);
  const begins = cursors.map(({ pointer, strides }) => (strides[depth] === 0 ? undefined : f.let(pointer)));
  f.times(left, () => {
    walk(f, lengths, cursors, body, depth + 1);
    for (const { pointer, strides } of cursors) if (strides[depth] !== 0) f.increase(pointer, strides[depth]!);
  });
  for (const [i, { pointer }] of cursors.entries()) if (begins[i]) f.set(pointer, begins[i]);
}

/** Whole vectors, then the numbers that are left: `column` is in bytes, `count` says how many numbers count. */
export function inVectors(f: Emission['f'], length: number, body: (column: Local<'i32'>, count: number) => void): void {
  const column = f.let(i32.const(0));
  const whole = Math.floor(length / LANES) * VECTOR;
  if (whole > 0) {
    f.repeatWhile(
      () => i32.lt_u(column, i32.const(whole)),
      () => {
        body(column, LANES);
        f.increase(column, VECTOR);
      },
    );
  }
  if (length % LANES > 0) body(column, length % LANES);
}

export function storeLane(f: Emission['f'], to: I32, vector: Local<'v128'>, lane: number): void {
  f.do(store.f32(to, f32x4.extract_lane(vector, lane), lane * BYTES));
}
