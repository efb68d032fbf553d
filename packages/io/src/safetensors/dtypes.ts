import type { Shape } from '@unroll/backend';
import { fromLittleEndian, toLittleEndian } from './endian.ts';
import { decodeBFloat16, decodeFloat16, encodeBFloat16, encodeFloat16 } from './half.ts';

/**
 * The array that holds the elements of each dtype of the format. The 16-bit floats are widened to float32 when read and rounded to
 * the nearest when written; BOOL holds 0 or 1.
 */
export interface SafetensorsArrays {
  U64: BigUint64Array;
  I64: BigInt64Array;
  F64: Float64Array;
  F32: Float32Array;
  U32: Uint32Array;
  I32: Int32Array;
  BF16: Float32Array;
  F16: Float32Array;
  U16: Uint16Array;
  I16: Int16Array;
  I8: Int8Array;
  U8: Uint8Array;
  BOOL: Uint8Array;
}

/** A dtype as the format spells it. */
export type SafetensorsDType = keyof SafetensorsArrays;

/** The content of one tensor. A test of `dtype` tells the compiler the type of `data`. */
export type SafetensorsTensor = {
  [D in SafetensorsDType]: { readonly dtype: D; readonly shape: Shape; readonly data: SafetensorsArrays[D] };
}[SafetensorsDType];

interface Codec<Data> {
  /** Bytes of one element in the file. */
  readonly bytes: number;
  readonly accepts: (data: unknown) => boolean;
  /** `buffer` holds the elements as stored, in the byte order of this machine, and nothing else. */
  readonly decode: (buffer: ArrayBuffer) => Data;
  readonly encode: (data: Data) => ArrayBufferView;
}

/** In the order in which the reference writer stores them: the largest alignment first. */
const CODECS: { readonly [D in SafetensorsDType]: Codec<SafetensorsArrays[D]> } = {
  U64: plain<BigUint64Array>(BigUint64Array),
  I64: plain<BigInt64Array>(BigInt64Array),
  F64: plain<Float64Array>(Float64Array),
  F32: plain<Float32Array>(Float32Array),
  U32: plain<Uint32Array>(Uint32Array),
  I32: plain<Int32Array>(Int32Array),
  BF16: half(decodeBFloat16, encodeBFloat16),
  F16: half(decodeFloat16, encodeFloat16),
  U16: plain<Uint16Array>(Uint16Array),
  I16: plain<Int16Array>(Int16Array),
  I8: plain<Int8Array>(Int8Array),
  U8: plain<Uint8Array>(Uint8Array),
  BOOL: plain<Uint8Array>(Uint8Array),
};

/** All dtypes, in the order in which a file stores them. */
export const SAFETENSORS_DTYPES: readonly SafetensorsDType[] = Object.keys(CODECS) as SafetensorsDType[];

export function isSafetensorsDType(value: unknown): value is SafetensorsDType {
  return typeof value === 'string' && Object.hasOwn(CODECS, value);
}

/** Bytes of one element in the file. */
export function bytesOf(dtype: SafetensorsDType): number {
  return CODECS[dtype].bytes;
}

/** Whether `data` is the array that a tensor of this dtype holds. */
export function holds(dtype: SafetensorsDType, data: unknown): boolean {
  return CODECS[dtype].accepts(data);
}

/** The elements that stand in a piece of a file. The bytes are copied, as they may lie unaligned. */
export function decodeElements<D extends SafetensorsDType>(dtype: D, bytes: Uint8Array): SafetensorsArrays[D] {
  const codec = CODECS[dtype];
  return codec.decode(fromLittleEndian(bytes, codec.bytes));
}

/** The bytes that stand in a file for some elements. */
export function encodeElements<D extends SafetensorsDType>(dtype: D, data: SafetensorsArrays[D]): Uint8Array {
  const codec = CODECS[dtype];
  return toLittleEndian(codec.encode(data), codec.bytes);
}

interface ArrayType<Data> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): Data;
}

function plain<Data extends ArrayBufferView>(type: ArrayType<Data>): Codec<Data> {
  return {
    bytes: type.BYTES_PER_ELEMENT,
    accepts: (data) => data instanceof type,
    decode: (buffer) => new type(buffer),
    encode: (data) => data,
  };
}

function half(
  decode: (halves: Uint16Array) => Float32Array,
  encode: (numbers: Float32Array) => Uint16Array,
): Codec<Float32Array> {
  return {
    bytes: 2,
    accepts: (data) => data instanceof Float32Array,
    decode: (buffer) => decode(new Uint16Array(buffer)),
    encode,
  };
}
