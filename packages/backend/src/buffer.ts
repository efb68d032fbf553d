import { UnrollError } from './errors.ts';
import { type Shape, formatShape, sizeOf } from './shape.ts';

/** What elements are. int32 holds indices, tokens and counts. */
export type DType = 'float32' | 'float64' | 'int32';

/** The host array of each dtype. */
export type TypedArray = Float32Array | Float64Array | Int32Array;

/** What is known of a value without looking at its elements. */
export interface Signature {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * A handle to device memory: contiguous, row-major, never written again once an op has made it. Only the backend that made it
 * looks inside. Several handles may share memory (a reshape does); each is freed once.
 */
export interface Buffer extends Signature {}

/** Bytes of one element. */
export const BYTES_PER_ELEMENT: Readonly<Record<DType, number>> = { float32: 4, float64: 8, int32: 4 };

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

/**
 * A zero-filled host array of `length` elements.
 * @param shape of the tensor that it is for, to be named where there is no room; default [length]
 * @throws UnrollError INVALID_ARGUMENT for what is no dtype, or no number of elements; OUT_OF_MEMORY naming the shape and its bytes
 */
export function allocate(dtype: DType, length: number, shape: Shape = [length]): TypedArray {
  if (!Object.hasOwn(ARRAYS, dtype)) {
    throw new UnrollError('INVALID_ARGUMENT', `${dtype} is no dtype. Give float32, float64 or int32.`);
  }
  if (!(Number.isInteger(length) && length >= 0)) {
    throw new UnrollError('INVALID_ARGUMENT', `There is no array of ${length} elements. Give an integer from 0 on.`);
  }
  try {
    return new ARRAYS[dtype](length);
  } catch (error) {
    throw outOfMemory({ shape, dtype }, error);
  }
}

/** The error for a tensor that there is no room for. What the engine said is its cause. */
export function outOfMemory({ shape, dtype }: Signature, cause: unknown): UnrollError {
  const bytes = sizeOf(shape) * BYTES_PER_ELEMENT[dtype];
  const size = bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
  return new UnrollError(
    'OUT_OF_MEMORY',
    `out of memory: ${formatShape(shape)} of ${dtype} takes ${size} (${bytes.toLocaleString('en')} bytes), more than there is. ` +
      'Use smaller sizes or batches, or free tensors by scope() or dispose().',
    { cause },
  );
}

/** The dtype that holds the elements of a typed array. */
export function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Float64Array ? 'float64' : 'int32';
}

/** Whether a dtype is one that derivatives are taken in. */
export function isFloat(dtype: DType): boolean {
  return dtype !== 'int32';
}
