import {
  type Buffer,
  type DType,
  type Shape,
  type Signature,
  type TypedArray,
  UnrollError,
  allocate,
  sizeOf,
} from '@unroll/backend';

/** A tensor as a way of looking at an array: element [i, j, …] is data[offset + i · strides[0] + j · strides[1] + …]. */
export interface View extends Signature {
  readonly data: TypedArray | Float64Array;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** The handle that callers hold. Several may look at one array, each in its own way; the array goes with the last of them. */
export class Handle implements Buffer {
  readonly shape: Shape;
  readonly dtype: DType;
  #view: View | undefined;

  constructor(view: View) {
    this.shape = view.shape;
    this.dtype = view.dtype;
    this.#view = view;
  }

  static view(buffer: Buffer): View {
    if (!(buffer instanceof Handle)) {
      throw new UnrollError('BACKEND_MISMATCH', 'strided: this buffer is of another backend. Upload its data here.');
    }
    if (!buffer.#view) throw new UnrollError('USE_AFTER_DISPOSE', 'strided: this buffer was freed.');
    return buffer.#view;
  }

  static free(buffer: Buffer): void {
    Handle.view(buffer);
    (buffer as Handle).#view = undefined;
  }
}

/** The strides of rows one after the other. */
export function rowMajor(shape: Shape): readonly number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** A view of a new array. */
export function fresh({ shape, dtype }: Signature, data: View['data'] = allocate(dtype, sizeOf(shape))): View {
  return { shape, dtype, data, offset: 0, strides: rowMajor(shape) };
}

/** A view that repeats axes of length 1, and missing leading ones, by standing still along them. */
export function stretched(view: View, shape: Shape): View {
  const missing = shape.length - view.shape.length;
  const strides = shape.map((_, axis) => {
    return axis < missing || view.shape[axis - missing] === 1 ? 0 : view.strides[axis - missing]!;
  });
  return { ...view, shape, strides };
}

/** `size` positions of an axis from `start` on. */
export function sliced(view: View, axis: number, start: number, size: number): View {
  const shape = view.shape.map((length, each) => (each === axis ? size : length));
  return { ...view, shape, offset: view.offset + (size === 0 ? 0 : start * view.strides[axis]!) };
}

/** Whether the elements lie one after the other. */
export function isRowMajor({ shape, strides }: View): boolean {
  const plain = rowMajor(shape);
  return sizeOf(shape) === 0 || shape.every((length, axis) => length === 1 || strides[axis] === plain[axis]);
}

/** Takes one row: where it begins in each view, and how long it is. */
type Row = (starts: readonly number[], length: number) => void;

/** Walks over views of one shape, a row of the last axis at a time. */
export function eachRow(shape: Shape, views: readonly View[], row: Row): void {
  if (sizeOf(shape) === 0) return;
  const length = shape.at(-1) ?? 1;
  const starts = views.map(({ offset }) => offset);
  const index = shape.map(() => 0);
  for (;;) {
    row(starts, length);
    let axis = shape.length - 2;
    // Like the wheels of a counter: one that is full goes back, and the next one moves.
    for (; axis >= 0; axis--) {
      const full = ++index[axis]! === shape[axis];
      if (full) index[axis] = 0;
      for (let v = 0; v < views.length; v++) {
        const stride = views[v]!.strides[axis]!;
        starts[v]! += full ? stride * (1 - shape[axis]!) : stride;
      }
      if (!full) break;
    }
    if (axis < 0) return;
  }
}

/** How far apart the elements of a row are. */
export function step({ strides }: View): number {
  return strides.at(-1) ?? 0;
}

/** Writes what one view shows into what another shows. */
export function copy(from: View, to: View): void {
  const [stepFrom, stepTo] = [step(from), step(to)];
  eachRow(to.shape, [from, to], ([i, o], length) => {
    for (let k = 0; k < length; k++) to.data[o! + k * stepTo] = from.data[i! + k * stepFrom]!;
  });
}
