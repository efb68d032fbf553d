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
import { constantBuffer } from './constants.ts';
import { describe } from './describe.ts';
import { cumsum } from './ops/cumsum.ts';
import { Tensor } from './tensor.ts';
import { isTracing } from './tracing.ts';

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
 * @throws UnrollError SHAPE_MISMATCH if the numbers do not fill the shape, or rows differ in length; INVALID_ARGUMENT for what is no
 * number, and for a number that the dtype int32 can't hold
 */
export function tensor(
  data: NestedNumbers | TypedArray,
  options: CreateOptions & { readonly shape?: Shape } = {},
): Tensor {
  const isTyped = isTypedArray(data);
  if (isTyped) checkNoBigInts(data);
  const dtype = options.dtype ?? (isTyped ? dtypeOf(data) : 'float32');
  const natural = isTyped ? [data.length] : nestedShape(data);
  const shape = options.shape ?? natural;
  checkShape('tensor', shape);
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
    elements = allocate(dtype, sizeOf(shape), shape);
    if (isTyped) convert(data, elements);
    else fill(elements, data, natural);
  }
  return create(elements, shape, dtype, options.backend);
}

/** All 0. */
export function zeros(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled('zeros', shape, 0, options);
}

/** All 1. */
export function ones(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled('ones', shape, 1, options);
}

/**
 * All `value`.
 * @throws UnrollError INVALID_ARGUMENT for what is no shape, and for a value that the dtype int32 can't hold
 */
export function full(shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  return filled('full', shape, value, options);
}

function filled(
  who: string,
  shape: Shape,
  value: number,
  { dtype = 'float32', backend = getBackend() }: CreateOptions,
): Tensor {
  checkShape(who, shape);
  if (dtype === 'int32') checkInteger(who, value);
  if (isTracing(backend) || backend.runsAhead) {
    // Devices that run ahead would make a program for each shape.
    const data = allocate(dtype, sizeOf(shape), shape).fill(value);
    return create(data, shape, dtype, backend);
  }
  // Memory of the host would only be made to be copied.
  const scalar = constantBuffer(value, dtype, backend);
  try {
    const [buffer] = backend.primitives.broadcast([scalar], { shape }, [{ shape, dtype }]);
    return new Tensor(buffer!, backend);
  } finally {
    backend.free(scalar);
  }
}

/**
 * start, start + step, … below `stop`: [ceil((stop − start) / step)].
 * @throws UnrollError INVALID_ARGUMENT for what is no number, a step of 0, or numbers that the dtype int32 can't hold
 */
export function arange(
  stop: number,
  options: CreateOptions & { readonly start?: number; readonly step?: number } = {},
): Tensor {
  const { start = 0, step = 1, dtype = 'float32', backend = getBackend() } = options;
  if (step === 0) throw new UnrollError('INVALID_ARGUMENT', 'arange: the step is 0.');
  if (!(Number.isFinite(stop) && Number.isFinite(start) && Number.isFinite(step))) checkFinite({ stop, start, step });
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (dtype === 'int32' && length > 0)
    for (const i of [0, Math.min(1, length - 1), length - 1]) checkInteger('arange', start + i * step);
  if (isTracing(backend)) return counted(length, dtype, backend).mul(step).add(start);
  const data = allocate(dtype, length);
  for (let i = 0; i < data.length; i++) data[i] = start + i * step;
  return create(data, [data.length], dtype, backend);
}

/**
 * `count` numbers in equal steps from `start` to `stop`, both included: [count].
 * @throws UnrollError INVALID_ARGUMENT unless the count is an integer from 0 on, or for the dtype int32
 */
export function linspace(
  start: number,
  stop: number,
  count: number,
  { dtype = 'float32', backend = getBackend() }: CreateOptions = {},
): Tensor {
  checkShape('linspace', [count]);
  if (dtype === 'int32') {
    throw new UnrollError('INVALID_ARGUMENT', 'linspace: int32 can’t hold the steps between two integers. See arange.');
  }
  if (isTracing(backend)) {
    return counted(count, dtype, backend)
      .mul((stop - start) / (count - 1 || 1))
      .add(start);
  }
  const data = allocate(dtype, count);
  for (let i = 0; i < count; i++)
    data[i] = i === count - 1 && i > 0 ? stop : start + ((stop - start) * i) / (count - 1 || 1);
  return create(data, [count], dtype, backend);
}

/**
 * The identity matrix [size, size].
 * @throws UnrollError INVALID_ARGUMENT unless the size is an integer from 0 on
 */
export function eye(size: number, { dtype = 'float32', backend = getBackend() }: CreateOptions = {}): Tensor {
  checkShape('eye', [size, size]);
  if (isTracing(backend)) {
    const places = counted(size, dtype, backend);
    return places.expandDims(1).equal(places);
  }
  const data = allocate(dtype, size * size, [size, size]);
  for (let i = 0; i < size; i++) data[i * size + i] = 1;
  return create(data, [size, size], dtype, backend);
}

function checkFinite(numbers: Readonly<Record<string, number>>): void {
  for (const [name, number] of Object.entries(numbers)) {
    if (Number.isFinite(number)) continue;
    throw new UnrollError('INVALID_ARGUMENT', `arange: ${name} is ${describe(number)}; it must be a finite number.`);
  }
}

/** 0, 1, 2, … in ops: what is traced can't hold data that might be others in the next step. */
function counted(length: number, dtype: DType, backend: Backend): Tensor {
  return cumsum(ones([length], { dtype, backend })).sub(1);
}

function create(data: TypedArray, shape: Shape, dtype: DType, backend: Backend = getBackend()): Tensor {
  return new Tensor(backend.upload(data, { shape, dtype }), backend);
}

/**
 * That a shape is one.
 * @throws UnrollError INVALID_ARGUMENT naming who was given it
 */
export function checkShape(who: string, shape: Shape): void {
  const given: unknown = shape;
  if (!Array.isArray(given)) {
    throw new UnrollError('INVALID_ARGUMENT', `${who}: the shape is ${describe(given)}; it must be a list, as [2, 3].`);
  }
  if (shape.every((length) => Number.isInteger(length) && length >= 0)) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${who}: [${given.map(String).join(', ')}] is no shape: lengths are integers from 0 on.`,
  );
}

function isTypedArray(data: NestedNumbers | TypedArray): data is TypedArray {
  return ArrayBuffer.isView(data);
}

function nestedShape(data: NestedNumbers): Shape {
  const shape: number[] = [];
  let item: unknown = data;
  while (isList(item)) {
    shape.push(item.length);
    if (item.length === 0) break;
    item = item[0];
  }
  return shape;
}

function fill(elements: TypedArray, data: NestedNumbers, shape: Shape): void {
  const integers = elements instanceof Int32Array;
  let at = 0;
  const visit = (item: unknown, axis: number): void => {
    if (typeof item === 'number') {
      if (axis < shape.length) throw unlikeRows('a number', axis, shape);
      if (integers) checkInteger('tensor', item);
      elements[at++] = item;
    } else if (isList(item)) {
      if (item.length !== shape[axis]) throw unlikeRows(`${item.length} entries`, axis, shape);
      for (let i = 0; i < item.length; i++) visit(item[i], axis + 1);
    } else {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `tensor: element ${at} is ${describe(item)}, not a number. ` +
          'Words become numbers by a Vocabulary, true and false are 1 and 0, and tensors are put together by stack.',
      );
    }
  };
  visit(data, 0);
}

function unlikeRows(found: string, axis: number, shape: Shape): UnrollError {
  return new UnrollError(
    'SHAPE_MISMATCH',
    `tensor: the rows differ: ${found} at axis ${axis}, where the first row makes the shape ${formatShape(shape)}. Pad them to one length.`,
  );
}

/** From one typed array to another, of a type that may hold less. */
function convert(data: TypedArray, elements: TypedArray): void {
  if (elements instanceof Int32Array) for (const element of data) checkInteger('tensor', element);
  elements.set(data);
}

/** Tokens of other programs are often int64. */
function checkNoBigInts(data: unknown): void {
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `tensor: there is no 64-bit integer dtype, for a ${data.constructor.name}. Give Int32Array.from(data, Number).`,
  );
}

function checkInteger(who: string, value: number): void {
  if (value === (value | 0)) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${who}: ${value} is no int32: those are the integers from −2147483648 to 2147483647. ` +
      "Round it, or make a tensor of floats and x.cast('int32').",
  );
}

function isList(item: unknown): item is ArrayLike<unknown> {
  return typeof item === 'object' && item !== null && 'length' in item && typeof item.length === 'number';
}
