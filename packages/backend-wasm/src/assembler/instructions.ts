import { signed, unsigned } from './leb128.ts';
import { type Code, type F32, type F64, type I32, type I64, type V128, Value, type ValueType } from './value.ts';

/**
 * The instructions in use, by the names of the WebAssembly specification, as functions of expressions. An address takes a
 * constant `offset` in bytes that costs nothing.
 */
type Unary<A extends Value, R extends Value = A> = (x: A) => R;
type Binary<A extends Value, R extends Value = A> = (x: A, y: A) => R;
type Load<R extends Value> = (address: I32, offset?: number) => R;
type Shift = (x: V128, bits: number) => V128;
/** One number of a vector. */
type Extract<R extends Value> = (x: V128, lane: number) => R;
/** A vector with another number in one place. */
type Replace<T extends Value> = (x: V128, lane: number, value: T) => V128;

/** Code that leaves nothing: an effect. */
export type Effect = Code;
type Store<T extends Value> = (address: I32, value: T, offset?: number) => Effect;

type Comparison = 'eq' | 'ne' | 'lt_s' | 'lt_u' | 'gt_s' | 'gt_u' | 'le_s' | 'le_u' | 'ge_s' | 'ge_u';
type Arithmetic = 'add' | 'sub' | 'mul' | 'div_u' | 'rem_u' | 'and' | 'or' | 'shl' | 'shr_u';

interface I32Instructions extends Readonly<Record<Comparison | Arithmetic, Binary<I32>>> {
  readonly const: (value: number) => I32;
  readonly load: Load<I32>;
  readonly eqz: Unary<I32>;
  /** The low bits. */
  readonly wrap_i64: Unary<I64, I32>;
}

interface I64Instructions extends Readonly<
  Record<'add' | 'sub' | 'mul' | 'and' | 'or' | 'shl' | 'shr_u', Binary<I64>>
> {
  readonly const: (value: number) => I64;
  readonly load: Load<I64>;
  readonly extend_i32_u: (x: I32) => I64;
}

interface FloatInstructions<T extends Value> {
  readonly load: Load<T>;
  readonly eq: Binary<T, I32>;
  readonly le: Binary<T, I32>;
}

interface V128Instructions {
  readonly zero: V128;
  readonly load: Load<V128>;
  /** One number of memory in every lane. */
  readonly load32_splat: Load<V128>;
  readonly load64_splat: Load<V128>;
  /** One number of memory in the first lane, zeros in the others. */
  readonly load32_zero: Load<V128>;
  readonly load64_zero: Load<V128>;
  readonly and: Binary<V128>;
  readonly or: Binary<V128>;
  readonly xor: Binary<V128>;
  /** 1 if any bit is. */
  readonly any_true: Unary<V128, I32>;
  /** Bits of x where the mask is 1, of y where it is 0. */
  readonly bitselect: (x: V128, y: V128, mask: V128) => V128;
}

/** Two or four floating-point numbers side by side. Comparisons give all bits 1 or 0. */
interface FloatVector<T extends Value> {
  readonly extract_lane: Extract<T>;
  readonly replace_lane: Replace<T>;
  readonly eq: Binary<V128>;
  readonly ne: Binary<V128>;
  readonly lt: Binary<V128>;
  readonly abs: Unary<V128>;
  readonly neg: Unary<V128>;
  readonly sqrt: Unary<V128>;
  readonly add: Binary<V128>;
  readonly sub: Binary<V128>;
  readonly mul: Binary<V128>;
  readonly div: Binary<V128>;
  /** NaN if either is. */
  readonly max: Binary<V128>;
  /** y < x ? y : x. One machine instruction, and x where either is NaN. */
  readonly pmin: Binary<V128>;
  /** x < y ? y : x */
  readonly pmax: Binary<V128>;
  /** x·y + z, rounded once or twice: the engine's choice. */
  readonly relaxed_madd: (x: V128, y: V128, z: V128) => V128;
}

interface IntegerVector {
  readonly shl: Shift;
  readonly shr_s: Shift;
  readonly add: Binary<V128>;
  readonly sub: Binary<V128>;
}

export const i32: I32Instructions = {
  const: (value) => new Value('i32', [0x41, signed(value | 0)]),
  load: load('i32', 2, 0x28),
  eqz: unary('i32', 0x45),
  wrap_i64: unary('i32', 0xa7),
  eq: binary('i32', 0x46),
  ne: binary('i32', 0x47),
  lt_s: binary('i32', 0x48),
  lt_u: binary('i32', 0x49),
  gt_s: binary('i32', 0x4a),
  gt_u: binary('i32', 0x4b),
  le_s: binary('i32', 0x4c),
  le_u: binary('i32', 0x4d),
  ge_s: binary('i32', 0x4e),
  ge_u: binary('i32', 0x4f),
  add: binary('i32', 0x6a),
  sub: binary('i32', 0x6b),
  mul: binary('i32', 0x6c),
  div_u: binary('i32', 0x6e),
  rem_u: binary('i32', 0x70),
  and: binary('i32', 0x71),
  or: binary('i32', 0x72),
  shl: binary('i32', 0x74),
  shr_u: binary('i32', 0x76),
};

export const i64: I64Instructions = {
  const: (value) => new Value('i64', [0x42, signed(value)]),
  load: load('i64', 3, 0x29),
  add: binary('i64', 0x7c),
  sub: binary('i64', 0x7d),
  mul: binary('i64', 0x7e),
  and: binary('i64', 0x83),
  or: binary('i64', 0x84),
  shl: binary('i64', 0x86),
  shr_u: binary('i64', 0x88),
  extend_i32_u: unary('i64', 0xad),
};

export const f32: FloatInstructions<F32> & { readonly demote_f64: Unary<F64, F32> } = {
  demote_f64: unary('f32', 0xb6),
  load: load('f32', 2, 0x2a),
  eq: binary('i32', 0x5b),
  le: binary('i32', 0x5f),
};

export const f64: FloatInstructions<F64> & {
  readonly const: (value: number) => F64;
  readonly mul: Binary<F64>;
  readonly convert_i64_s: Unary<I64, F64>;
} = {
  const: (value) => new Value('f64', [0x44, ...new Uint8Array(Float64Array.of(value).buffer)]),
  mul: binary('f64', 0xa2),
  convert_i64_s: unary('f64', 0xb9),
  load: load('f64', 3, 0x2b),
  eq: binary('i32', 0x61),
  le: binary('i32', 0x65),
};

export const v128: V128Instructions = {
  zero: new Value('v128', [...simd(12), ...Array.from({ length: 16 }, () => 0)]),
  load: load('v128', 4, ...simd(0)),
  load32_splat: load('v128', 2, ...simd(9)),
  load64_splat: load('v128', 3, ...simd(10)),
  load32_zero: load('v128', 2, ...simd(92)),
  load64_zero: load('v128', 3, ...simd(93)),
  and: binaryV(78),
  or: binaryV(80),
  xor: binaryV(81),
  bitselect: ternaryV(82),
  any_true: unary('i32', ...simd(83)),
};

export const i32x4: IntegerVector & {
  readonly extract_lane: Extract<I32>;
  readonly eq: Binary<V128>;
  readonly lt_s: Binary<V128>;
  readonly neg: Unary<V128>;
  readonly mul: Binary<V128>;
  readonly max_s: Binary<V128>;
  readonly trunc_sat_f32x4_s: Unary<V128>;
  /** The two results come first, then zeros. */
  readonly trunc_sat_f64x2_s_zero: Unary<V128>;
} = {
  extract_lane: extract('i32', 27),
  eq: binaryV(55),
  lt_s: binaryV(57),
  neg: unaryV(161),
  shl: shift(171),
  shr_s: shift(172),
  add: binaryV(174),
  sub: binaryV(177),
  mul: binaryV(181),
  max_s: binaryV(184),
  trunc_sat_f32x4_s: unaryV(248),
  trunc_sat_f64x2_s_zero: unaryV(252),
};

export const i64x2: IntegerVector & {
  readonly extract_lane: Extract<I64>;
  readonly extend_low_i32x4_s: Unary<V128>;
} = {
  extract_lane: extract('i64', 29),
  extend_low_i32x4_s: unaryV(199),
  shl: shift(203),
  shr_s: shift(204),
  add: binaryV(206),
  sub: binaryV(209),
};

export const f32x4: FloatVector<F32> & {
  /** The two results come first, then zeros. */
  readonly demote_f64x2_zero: Unary<V128>;
  readonly convert_i32x4_s: Unary<V128>;
} = {
  extract_lane: extract('f32', 31),
  replace_lane: replace(32),
  eq: binaryV(65),
  ne: binaryV(66),
  lt: binaryV(67),
  demote_f64x2_zero: unaryV(94),
  abs: unaryV(224),
  neg: unaryV(225),
  sqrt: unaryV(227),
  add: binaryV(228),
  sub: binaryV(229),
  mul: binaryV(230),
  div: binaryV(231),
  max: binaryV(233),
  pmin: binaryV(234),
  pmax: binaryV(235),
  convert_i32x4_s: unaryV(250),
  relaxed_madd: ternaryV(261),
};

export const f64x2: FloatVector<F64> & {
  /** One number in both lanes. */
  readonly splat: (x: F64) => V128;
  readonly promote_low_f32x4: Unary<V128>;
  readonly convert_low_i32x4_s: Unary<V128>;
} = {
  splat: unary('v128', ...simd(20)),
  extract_lane: extract('f64', 33),
  replace_lane: replace(34),
  eq: binaryV(71),
  ne: binaryV(72),
  lt: binaryV(73),
  promote_low_f32x4: unaryV(95),
  abs: unaryV(236),
  neg: unaryV(237),
  sqrt: unaryV(239),
  add: binaryV(240),
  sub: binaryV(241),
  mul: binaryV(242),
  div: binaryV(243),
  max: binaryV(245),
  pmin: binaryV(246),
  pmax: binaryV(247),
  convert_low_i32x4_s: unaryV(254),
  relaxed_madd: ternaryV(263),
};

/** Rearranges the 32 bytes of x and y: byte i of the result is number order[i]. */
export function shuffle(x: V128, y: V128, order: readonly number[]): V128 {
  return new Value('v128', [x.code, y.code, simd(13), order]);
}

/** Writes to memory. */
export const store: {
  readonly i32: Store<I32>;
  readonly i64: Store<I64>;
  readonly f32: Store<F32>;
  readonly f64: Store<F64>;
  readonly v128: Store<V128>;
} = {
  i32: storer(2, 0x36),
  i64: storer(3, 0x37),
  f32: storer(2, 0x38),
  f64: storer(3, 0x39),
  v128: storer(4, ...simd(11)),
};

/** Copies bytes; the two ranges may overlap. */
export function memoryCopy(to: I32, from: I32, bytes: I32): Effect {
  return [to.code, from.code, bytes.code, 0xfc, 10, 0, 0];
}

/** Sets bytes, all to the same. */
export function memoryFill(to: I32, value: I32, bytes: I32): Effect {
  return [to.code, value.code, bytes.code, 0xfc, 11, 0];
}

// Expressions hold the bytes of their instruction as a part, which all share: to copy them into each takes several times as long.
function unary<R extends ValueType>(type: R, ...code: readonly number[]): (x: Value) => Value<R> {
  const own = shortened(code);
  return (x) => new Value(type, [x.code, own]);
}

function binary<R extends ValueType>(type: R, ...code: readonly number[]): (x: Value, y: Value) => Value<R> {
  const own = shortened(code);
  return (x, y) => new Value(type, [x.code, y.code, own]);
}

/** `alignment` is a power of two that the engine may expect, and need not rely on. */
function load<R extends ValueType>(type: R, alignment: number, ...code: readonly number[]): Load<Value<R>> {
  const own = [...code, alignment];
  return (address, offset = 0) => new Value(type, [address.code, own, shortened(unsigned(offset))]);
}

function storer(
  alignment: number,
  ...code: readonly number[]
): (address: I32, value: Value, offset?: number) => Effect {
  const own = [...code, alignment];
  return (address, value, offset = 0) => [address.code, value.code, own, shortened(unsigned(offset))];
}

/** One byte, or several. */
function shortened(code: readonly number[]): number | Code {
  return code.length === 1 ? code[0]! : code;
}

/** Vector instructions have a prefix. */
function simd(code: number): number[] {
  return [0xfd, ...unsigned(code)];
}

function unaryV(code: number): Unary<V128> {
  return unary('v128', ...simd(code));
}

function binaryV(code: number): Binary<V128> {
  return binary('v128', ...simd(code));
}

function ternaryV(code: number): (x: V128, y: V128, z: V128) => V128 {
  const own = simd(code);
  return (x, y, z) => new Value('v128', [x.code, y.code, z.code, own]);
}

function shift(code: number): Shift {
  const own = simd(code);
  return (x, bits) => new Value('v128', [x.code, i32.const(bits).code, own]);
}

function extract<R extends ValueType>(type: R, code: number): Extract<Value<R>> {
  const own = simd(code);
  return (x, lane) => new Value(type, [x.code, own, lane]);
}

function replace(code: number): Replace<Value> {
  const own = simd(code);
  return (x, lane, value) => new Value('v128', [x.code, value.code, own, lane]);
}
