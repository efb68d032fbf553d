import {
  type Backend,
  type DType,
  type Shape,
  type TypedArray,
  UnrollError,
  allocate,
  dtypeOf,
  formatShape,
  sizeOf,
} from '@unroll/backend';
import { getBackend } from './active-backend.ts';
import { Tensor } from './tensor.ts';

/** Where and how a new tensor is stored. */
export interface CreateOptions {
  /** Default float32. */
  readonly dtype?: DType;
  /** Default: the active backend. */
  readonly backend?: Backend;
}

/** Numbers nested as the tensor is: `[[1, 2], [3, 4]]` has shape [2, 2]. Rows may be typed arrays. */
export type NestedNumbers = number | ArrayLike<number> | readonly NestedNumbers[];

/**
 * A tensor that holds the given numbers: a number, nested arrays, or a typed array with a shape (default: one axis).
 * The dtype is that of a typed array, else float32. The data is copied.
 * @throws UnrollError SHAPE_MISMATCH if the numbers do not fill the shape, or rows differ in length
 */
export function tensor(
  data: NestedNumbers | TypedArray,
  options: CreateOptions & { readonly shape?: Shape } = {},
): Tensor {
  const isTyped = isTypedArray(data);
  const dtype = options.dtype ?? (isTyped ? dtypeOf(data) : 'float32');
  const natural = isTyped ? [data.length] : nestedShape(data);
  const shape = options.shape ?? natural;
  if (sizeOf(shape) !== sizeOf(natural)) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `tensor: ${sizeOf(natural)} numbers do not fill the shape ${formatShape(shape)}, which has ${sizeOf(shape)} elements.`,
    );
  }
  let elements: TypedArray;
  if (isTyped && dtypeOf(data) === dtype) {
    elements = data;
  } else {
    elements = allocate(dtype, sizeOf(shape));
    if (isTyped) elements.set(data);
    else fill(elements, data, natural);
  }
  return create(elements, shape, dtype, options.backend);
}

/** All 0. */
export function zeros(shape: Shape, options: CreateOptions = {}): Tensor {
  return full(shape, 0, options);
}

/** All 1. */
export function ones(shape: Shape, options: CreateOptions = {}): Tensor {
  return full(shape, 1, options);
}

/** All `value`. */
export function full(shape: Shape, value: number, { dtype = 'float32', backend }: CreateOptions = {}): Tensor {
  for (const length of shape) {
    if (!Number.isInteger(length) || length < 0) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `full: ${formatShape(shape)} is no shape: lengths are integers from 0 on.`,
      );
    }
  }
  const data = allocate(dtype, sizeOf(shape));
  if (value !== 0) data.fill(value);
  return create(data, shape, dtype, backend);
}

/** start, start + step, … below `stop`: [ceil((stop − start) / step)]. */
export function arange(
  stop: number,
  options: CreateOptions & { readonly start?: number; readonly step?: number } = {},
): Tensor {
  const { start = 0, step = 1, dtype = 'float32', backend } = options;
  if (step === 0) throw new UnrollError('INVALID_ARGUMENT', 'arange: the step is 0.');
  const data = allocate(dtype, Math.max(0, Math.ceil((stop - start) / step)));
  for (let i = 0; i < data.length; i++) data[i] = start + i * step;
  return create(data, [data.length], dtype, backend);
}

/** The identity matrix [size, size]. */
export function eye(size: number, { dtype = 'float32', backend }: CreateOptions = {}): Tensor {
  const data = allocate(dtype, size * size);
  for (let i = 0; i < size; i++) data[i * size + i] = 1;
  return create(data, [size, size], dtype, backend);
}

function create(data: TypedArray, shape: Shape, dtype: DType, backend: Backend = getBackend()): Tensor {
  return new Tensor(backend.upload(data, { shape, dtype }), backend);
}

function isTypedArray(data: NestedNumbers | TypedArray): data is TypedArray {
  return ArrayBuffer.isView(data);
}

function nestedShape(data: NestedNumbers): Shape {
  if (typeof data === 'number') return [];
  const first = data[0];
  return first === undefined ? [0] : [data.length, ...nestedShape(first)];
}

function fill(elements: TypedArray, data: NestedNumbers, shape: Shape): void {
  let at = 0;
  const visit = (item: NestedNumbers, axis: number): void => {
    if (typeof item === 'number' && axis === shape.length) {
      elements[at++] = item;
    } else if (typeof item === 'number' || item.length !== shape[axis]) {
      const found = typeof item === 'number' ? 'a number' : `${item.length} entries`;
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `tensor: the rows differ: ${found} at axis ${axis}, where the first row makes the shape ${formatShape(shape)}. Pad them to one length.`,
      );
    } else {
      for (let i = 0; i < item.length; i++) visit(item[i]!, axis + 1);
    }
  };
  visit(data, 0);
}
