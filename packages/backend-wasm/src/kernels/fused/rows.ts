import type { FunctionBuilder } from '../../assembler/function-builder.ts';
import { type Effect, f32x4, f64x2, i32, shuffle, store, v128 } from '../../assembler/instructions.ts';
import type { F64, I32, Local, V128 } from '../../assembler/value.ts';
import { storeFirst } from '../first-lane.ts';
import type { FloatLanes } from '../lanes.ts';

/** How a row is touched: whole vectors, or single numbers, which then stand in every lane. */
export interface Access {
  readonly load: (address: I32) => V128;
  readonly store: (address: I32, value: V128) => Effect;
  /** The numbers in double precision, two to a vector, or one and a zero. */
  readonly split: (value: V128) => readonly [V128, V128?];
  /** Adds the numbers to a total, two of double precision side by side. */
  readonly addTo: (total: Local<'v128'>, value: V128) => void;
}

/**
 * Passes over a row of `width` bytes: `pass` is written once for whole vectors and once for the numbers that fill none, and told
 * at which distance from the start of the row it is. The order is fixed.
 */
export function overRow(
  f: FunctionBuilder,
  lanes: FloatLanes,
  at: Local<'i32'>,
  width: I32,
  pass: (access: Access) => void,
): void {
  f.set(at, i32.const(0));
  f.while(i32.ge_u(i32.sub(width, at), i32.const(16)), () => {
    pass(vectors(f, lanes));
    f.increase(at, 16);
  });
  f.while(i32.lt_u(at, width), () => {
    pass(singles(f, lanes));
    f.increase(at, lanes.bytes);
  });
}

function vectors(f: FunctionBuilder, { bytes }: FloatLanes): Access {
  const split = (value: V128): readonly [V128, V128?] => {
    if (bytes === 8) return [value];
    const x = f.let(value);
    return [f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(shuffle(x, x, HIGH_HALF))];
  };
  return { load: v128.load, store: store.v128, split, addTo: adder(f, split) };
}

function singles(f: FunctionBuilder, { bytes, splat }: FloatLanes): Access {
  const split = (value: V128): readonly [V128] => {
    const alone = shuffle(value, v128.zero, bytes === 4 ? FIRST_OF_FOUR : FIRST_OF_TWO);
    return [bytes === 4 ? f64x2.promote_low_f32x4(alone) : alone];
  };
  return { load: splat, store: (address, value) => storeFirst(address, value, bytes), split, addTo: adder(f, split) };
}

function adder(f: FunctionBuilder, split: Access['split']): Access['addTo'] {
  return (total, value) => {
    const [low, high] = split(value);
    f.set(total, f64x2.add(total, high ? f64x2.add(low, high) : low));
  };
}

/** The sum of both halves of a total, in the first lane. */
export function totalOf(total: V128): V128 {
  return f64x2.add(total, shuffle(total, total, HIGH_HALF));
}

/** A double from the first lane in every lane. */
export function everywhere({ bytes }: FloatLanes, value: V128): V128 {
  if (bytes === 8) return shuffle(value, value, REPEAT_8);
  const x = f32x4.demote_f64x2_zero(value);
  return shuffle(x, x, REPEAT_4);
}

/** A number in every lane. */
export function number(lanes: FloatLanes, value: F64): V128 {
  return everywhere(lanes, f64x2.splat(value));
}

/** The largest lane in every lane. */
export function largestOf(f: FunctionBuilder, { bytes, pmax }: FloatLanes, m: Local<'v128'>): void {
  f.set(m, pmax(m, shuffle(m, m, HIGH_HALF)));
  if (bytes === 4) f.set(m, pmax(m, shuffle(m, m, SECOND_LANE)));
  f.set(m, shuffle(m, m, bytes === 4 ? REPEAT_4 : REPEAT_8));
}

const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const SECOND_LANE = [4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7];
const REPEAT_4 = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3];
const REPEAT_8 = [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7];
const FIRST_OF_FOUR = [0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];
const FIRST_OF_TWO = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
