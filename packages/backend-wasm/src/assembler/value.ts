import { unsigned } from './leb128.ts';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** The bytes that name each type. */
export const TYPE_CODES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** Instructions, as bytes and parts of bytes: an expression shares the code of its operands instead of copying it. */
export type Code = readonly (number | Code)[];

/** An expression: code that leaves one value on the stack. It may be used several times, and computes each time. */
export class Value<T extends ValueType = ValueType> {
  readonly type: T;
  readonly code: Code;

  constructor(type: T, code: Code) {
    this.type = type;
    this.code = code;
  }
}

/** A local variable of a function: as an expression, what it holds. */
export class Local<T extends ValueType = ValueType> extends Value<T> {
  readonly index: number;

  constructor(type: T, index: number) {
    super(type, [0x20, unsigned(index)]);
    this.index = index;
  }
}

export type I32 = Value<'i32'>;
export type I64 = Value<'i64'>;
export type F32 = Value<'f32'>;
export type F64 = Value<'f64'>;
export type V128 = Value<'v128'>;
