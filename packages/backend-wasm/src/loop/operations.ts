import type { DType } from '@unroll/backend';
import type { FunctionBuilder } from '../assembler/function-builder.ts';
import { f32x4, i32x4, shuffle, v128 } from '../assembler/instructions.ts';
import type { Local, V128 } from '../assembler/value.ts';
import { erf } from '../kernels/erf.ts';
import { type Context, exp, sigmoid, tanh } from '../kernels/exp.ts';
import { log } from '../kernels/log.ts';
import { cos, sin } from '../kernels/sine.ts';
import type { Constants } from '../kernels/static-area.ts';

type Operation = (context: Context, operands: readonly Local<'v128'>[]) => V128;

const unary =
  (op: (context: Context, x: V128) => V128): Operation =>
  (context, [x]) =>
    op(context, x!);
const binary =
  (op: (x: V128, y: V128) => V128): Operation =>
  (_context, [x, y]) =>
    op(x!, y!);
const oneWhere =
  (test: (x: V128, y: V128) => V128): Operation =>
  ({ constants }, [x, y]) =>
    v128.and(test(x!, y!), constants.float32(1));
const choice =
  (isZero: (condition: V128) => V128): Operation =>
  (_context, [condition, x, y]) =>
    v128.bitselect(y!, x!, isZero(condition!));

/** The same arithmetic as in the kernels of the primitives, by the names that `operationOf` gives. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  copy: (_context, [x]) => x!,
  neg: binary((x) => f32x4.neg(x)),
  sqrt: binary((x) => f32x4.sqrt(x)),
  relu: binary((x) => f32x4.pmax(x, v128.zero)),
  exp: unary(exp),
  log: unary(log),
  tanh: unary(tanh),
  sigmoid: unary(sigmoid),
  erf: unary(erf),
  add: binary(f32x4.add),
  sub: binary(f32x4.sub),
  mul: binary(f32x4.mul),
  div: binary(f32x4.div),
  maximum: binary(f32x4.max),
  less: oneWhere(f32x4.lt),
  equal: oneWhere(f32x4.eq),
  where: choice((condition) => f32x4.eq(condition, v128.zero)),
  'where.int32': choice((condition) => i32x4.eq(condition, v128.zero)),

  'neg.int32': binary((x) => i32x4.neg(x)),
  'relu.int32': binary((x) => i32x4.max_s(x, v128.zero)),
  'add.int32': binary(i32x4.add),
  'sub.int32': binary(i32x4.sub),
  'mul.int32': binary(i32x4.mul),
  'maximum.int32': binary(i32x4.max_s),
  // All bits 1 are −1.
  'less.int32': binary((x, y) => i32x4.neg(i32x4.lt_s(x, y))),
  'equal.int32': binary((x, y) => i32x4.neg(i32x4.eq(x, y))),

  'cast.float32.int32': binary((x) => i32x4.trunc_sat_f32x4_s(x)),
  'cast.int32.float32': binary((x) => f32x4.convert_i32x4_s(x)),

  sin: unary(sin),
  cos: unary(cos),
};

/** The name of an op on elements of these dtypes. */
export function operationOf(op: string, output: DType, inputs: readonly DType[]): string {
  if (op === 'broadcast') return 'copy';
  if (op === 'cast') return inputs[0] === output ? 'copy' : `cast.${inputs[0]}.${output}`;
  return inputs[0] === 'int32' ? `${op}.int32` : op;
}

/** A vector of the results. */
export function operate(op: string, context: Context, operands: readonly Local<'v128'>[]): V128 {
  return OPERATIONS[op]!(context, operands);
}

/** How elements come together. */
export interface Combination {
  /** What changes nothing. */
  readonly start: (constants: Constants) => V128;
  readonly combine: (x: V128, y: V128) => V128;
}

const ADD_FLOATS: Combination = { start: () => v128.zero, combine: f32x4.add };
const COMBINATIONS: Readonly<Record<string, Combination>> = {
  sum: ADD_FLOATS,
  max: { start: (constants) => constants.float32(-Infinity), combine: f32x4.max },
  'sum.int32': { start: () => v128.zero, combine: i32x4.add },
  'max.int32': { start: (constants) => constants.integer(BigInt(-(2 ** 31)), 4), combine: i32x4.max_s },
};

/** How a reduction brings elements together; undefined for other ops. */
export function combinationOf(op: string): Combination | undefined {
  return COMBINATIONS[op];
}

/** All lanes together, in every lane. */
export function combineLanes(f: FunctionBuilder, { combine }: Combination, vector: Local<'v128'>): Local<'v128'> {
  const halves = f.let(combine(vector, shuffle(vector, vector, HIGH_HALF)));
  const all = f.let(combine(halves, shuffle(halves, halves, SECOND_LANE)));
  return f.let(shuffle(all, all, FIRST_LANE));
}

/** The first `count` lanes of x, then those of `rest`. */
export function firstLanes(x: V128, rest: V128, count: number): V128 {
  return shuffle(
    x,
    rest,
    Array.from({ length: 16 }, (_, i) => (i < 4 * count ? i : 16 + i)),
  );
}

const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const SECOND_LANE = [4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7];
const FIRST_LANE = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3];
