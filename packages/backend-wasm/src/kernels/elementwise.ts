import type { DType } from '@unroll/backend';
import { f32x4, f64x2, i32x4, i64x2, shuffle, v128 } from '../assembler/instructions.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';
import type { I32, V128 } from '../assembler/value.ts';
import { type Context, exp, sigmoid, tanh } from './exp.ts';
import { erf } from './erf.ts';
import { FLOAT32, FLOAT64, type FloatLanes } from './lanes.ts';
import { log } from './log.ts';
import { type Body, mapAll, mapRows } from './map.ts';
import { cos, sin } from './sine.ts';
import type { Constants } from './static-area.ts';

type Unary = (context: Context, x: V128) => V128;
type Binary = (context: Context, x: V128, y: V128) => V128;

const FLOAT_UNARY: Readonly<Record<string, Unary>> = {
  neg: ({ lanes }, x) => lanes.neg(x),
  sqrt: ({ lanes }, x) => lanes.sqrt(x),
  // NaN stays: pmax gives its first operand then.
  relu: ({ lanes }, x) => lanes.pmax(x, v128.zero),
  exp,
  log,
  tanh,
  sigmoid,
  erf,
  sin,
  cos,
};

const FLOAT_BINARY: Readonly<Record<string, Binary>> = {
  add: ({ lanes }, x, y) => lanes.add(x, y),
  sub: ({ lanes }, x, y) => lanes.sub(x, y),
  mul: ({ lanes }, x, y) => lanes.mul(x, y),
  div: ({ lanes }, x, y) => lanes.div(x, y),
  maximum: ({ lanes }, x, y) => lanes.max(x, y),
  less: (context, x, y) => oneWhere(context, context.lanes.lt(x, y)),
  equal: (context, x, y) => oneWhere(context, context.lanes.eq(x, y)),
};

/** Integers wrap around. */
const INT_UNARY: Readonly<Record<string, (x: V128) => V128>> = {
  neg: i32x4.neg,
  relu: (x) => i32x4.max_s(x, v128.zero),
};

const INT_BINARY: Readonly<Record<string, (x: V128, y: V128) => V128>> = {
  add: i32x4.add,
  sub: i32x4.sub,
  mul: i32x4.mul,
  maximum: i32x4.max_s,
  // All bits 1 are −1.
  less: (x, y) => i32x4.neg(i32x4.lt_s(x, y)),
  equal: (x, y) => i32x4.neg(i32x4.eq(x, y)),
};

function oneWhere({ lanes, constants }: Context, mask: V128): V128 {
  return v128.and(mask, lanes.constant(constants, 1));
}

/** Exports `op.dtype` for every op on elements: unary ones by `mapAll`, binary ones by `mapRows`. */
export function elementwise(module: ModuleBuilder, constants: Constants): void {
  for (const lanes of [FLOAT32, FLOAT64]) floats(module, constants, lanes);
  for (const [name, op] of Object.entries(INT_UNARY)) {
    mapAll(module, `${name}.int32`, { inputs: [4], output: 4, body: (_f, x) => op(v128.load(x)) });
  }
  for (const [name, op] of Object.entries(INT_BINARY)) {
    const body: Body = (_f, x, y) => op(v128.load(x), v128.load(y));
    mapRows(module, `${name}.int32`, { inputs: [4, 4], output: 4, body });
  }
}

function floats(module: ModuleBuilder, constants: Constants, lanes: FloatLanes): void {
  const { bytes, dtype } = lanes;
  for (const [name, op] of Object.entries(FLOAT_UNARY)) {
    const body: Body = (f, x) => op({ f, lanes, constants }, v128.load(x));
    mapAll(module, `${name}.${dtype}`, { inputs: [bytes], output: bytes, body });
  }
  for (const [name, op] of Object.entries(FLOAT_BINARY)) {
    const body: Body = (f, x, y) => op({ f, lanes, constants }, v128.load(x), v128.load(y));
    mapRows(module, `${name}.${dtype}`, { inputs: [bytes, bytes], output: bytes, body });
  }
}

/** Exports `cast.from.to` for every two dtypes. A float outside of int32 becomes the nearest integer there, and NaN becomes 0. */
export function casts(module: ModuleBuilder): void {
  const both = (op: (x: V128) => V128, x: I32): V128 => shuffle(op(v128.load(x)), op(v128.load(x, 16)), LOW_HALVES);
  const table: readonly (readonly [from: DType, to: DType, body: (x: I32) => V128])[] = [
    ['float32', 'int32', (x) => i32x4.trunc_sat_f32x4_s(v128.load(x))],
    ['int32', 'float32', (x) => f32x4.convert_i32x4_s(v128.load(x))],
    ['float32', 'float64', (x) => f64x2.promote_low_f32x4(v128.load64_zero(x))],
    ['int32', 'float64', (x) => f64x2.convert_low_i32x4_s(v128.load64_zero(x))],
    ['float64', 'float32', (x) => both(f32x4.demote_f64x2_zero, x)],
    ['float64', 'int32', (x) => both(i32x4.trunc_sat_f64x2_s_zero, x)],
  ];
  for (const [from, to, body] of table) {
    mapAll(module, `cast.${from}.${to}`, {
      inputs: [widthOf(from)],
      output: widthOf(to),
      body: (_f, x) => body(x),
    });
  }
}

/** Exports `where.condition.bytes`: x where the condition is not 0, else y, for x and y of 4 or 8 bytes an element. */
export function wheres(module: ModuleBuilder): void {
  const isZero = {
    float32: (x: V128) => f32x4.eq(x, v128.zero),
    float64: (x: V128) => f64x2.eq(x, v128.zero),
    int32: (x: V128) => i32x4.eq(x, v128.zero),
  } as const;
  for (const condition of ['float32', 'float64', 'int32'] as const) {
    for (const bytes of [4, 8] as const) {
      const mask = (address: I32): V128 => {
        const test = isZero[condition];
        if (widthOf(condition) === bytes) return test(v128.load(address));
        if (bytes === 8) return i64x2.extend_low_i32x4_s(test(v128.load64_zero(address)));
        // The low half of each of four masks of 8 bytes.
        return shuffle(test(v128.load(address)), test(v128.load(address, 16)), EVERY_SECOND);
      };
      mapRows(module, `where.${condition}.${bytes}`, {
        inputs: [widthOf(condition), bytes, bytes],
        output: bytes,
        body: (_f, c, x, y) => v128.bitselect(v128.load(y), v128.load(x), mask(c)),
      });
    }
  }
}

const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const EVERY_SECOND = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];

function widthOf(dtype: DType): 4 | 8 {
  return dtype === 'float64' ? 8 : 4;
}
