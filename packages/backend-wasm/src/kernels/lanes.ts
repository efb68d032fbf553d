import { f32x4, f64x2, i32x4, i64x2, v128 } from '../assembler/instructions.ts';
import type { I32, V128 } from '../assembler/value.ts';
import type { Constants } from './static-area.ts';

type Unary = (x: V128) => V128;
type Binary = (x: V128, y: V128) => V128;
type Load = (address: I32, offset?: number) => V128;

/** Floating-point numbers side by side in a vector: kernels are written once for both widths. */
export interface FloatLanes {
  readonly dtype: 'float32' | 'float64';
  /** Bytes of a number. */
  readonly bytes: 4 | 8;
  /** Numbers in a vector. */
  readonly count: 4 | 2;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly neg: Unary;
  readonly abs: Unary;
  readonly sqrt: Unary;
  /** NaN if either is. */
  readonly max: Binary;
  /** The smaller; x if either is NaN. */
  readonly pmin: Binary;
  /** The larger; x if either is NaN. */
  readonly pmax: Binary;
  /** All bits 1 where it holds, 0 elsewhere. */
  readonly lt: Binary;
  readonly eq: Binary;
  readonly ne: Binary;
  /** One number of memory in every lane. */
  readonly splat: Load;
  /** One number of memory in the first lane, zeros in the others. */
  readonly first: Load;
  /** x·y + z, rounded once or twice: the engine's choice. */
  readonly relaxed_madd: (x: V128, y: V128, z: V128) => V128;
  /** The bits as integers. */
  readonly bits: {
    readonly add: Binary;
    readonly sub: Binary;
    readonly shl: (x: V128, bits: number) => V128;
    readonly shr_s: (x: V128, bits: number) => V128;
  };
  /** Bits after the leading 1. */
  readonly mantissa: 23 | 52;
  /** What is added to exponents to make them non-negative. */
  readonly bias: 127 | 1023;
  readonly constant: (constants: Constants, value: number) => V128;
}

export const FLOAT32: FloatLanes = {
  dtype: 'float32',
  bytes: 4,
  count: 4,
  ...f32x4,
  splat: v128.load32_splat,
  first: v128.load32_zero,
  bits: i32x4,
  mantissa: 23,
  bias: 127,
  constant: (constants, value) => constants.float32(value),
};

export const FLOAT64: FloatLanes = {
  dtype: 'float64',
  bytes: 8,
  count: 2,
  ...f64x2,
  splat: v128.load64_splat,
  first: v128.load64_zero,
  bits: i64x2,
  mantissa: 52,
  bias: 1023,
  constant: (constants, value) => constants.float64(value),
};
