import { BYTES_PER_ELEMENT, type DType, type Signature, isFloat } from './buffer.ts';
import { UnrollError } from './errors.ts';
import type { Primitive, PrimitiveAttrs } from './primitives.ts';
import { type Shape, broadcastShapes, formatShape, sameShape, sizeOf, withAxis } from './shape.ts';

type Rule<Attrs> = (op: string, inputs: readonly Signature[], attrs: Attrs) => readonly Signature[];

/** What each primitive accepts and makes: the third column of the vocabulary, beside kernels and derivatives. */
const rules: { readonly [P in Primitive]: Rule<PrimitiveAttrs[P]> } = {
  neg: elementwise('any'),
  exp: elementwise('float'),
  log: elementwise('float'),
  sqrt: elementwise('float'),
  tanh: elementwise('float'),
  sigmoid: elementwise('float'),
  relu: elementwise('any'),
  erf: elementwise('float'),
  sin: elementwise('float'),
  cos: elementwise('float'),

  add: binary('any'),
  sub: binary('any'),
  mul: binary('any'),
  div: binary('float'),
  maximum: binary('any'),
  less: binary('any'),
  equal: binary('any'),

  where: (op, inputs) => {
    const [condition, x, y] = take(op, inputs, 3);
    const dtype = commonDType(op, [x!, y!]);
    return [{ shape: broadcastShapes(op, [condition!.shape, x!.shape, y!.shape]), dtype }];
  },
  cast: (op, inputs, { dtype }) => {
    const [x] = take(op, inputs, 1);
    if (!Object.hasOwn(BYTES_PER_ELEMENT, dtype)) {
      throw new UnrollError('INVALID_ARGUMENT', `${op}: ${dtype} is no dtype. Give float32, float64 or int32.`);
    }
    return [{ shape: x!.shape, dtype }];
  },

  matmul: (op, inputs, { transposeA, transposeB }) => {
    const [a, b] = take(op, inputs, 2);
    const dtype = commonDType(op, [a!, b!]);
    if (!isFloat(dtype)) throw wantsFloat(op, dtype);
    return [{ shape: matmulShape(op, a!.shape, b!.shape, transposeA, transposeB), dtype }];
  },

  sum: reduction(),
  max: reduction(),
  argmax: (op, inputs, { axis }) => {
    const [x] = take(op, inputs, 1);
    checkAxis(op, x!.shape, axis);
    if (x!.shape[axis] === 0) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `${op}: axis ${axis} of ${formatShape(x!.shape)} is empty: it has no largest element.`,
      );
    }
    return [{ shape: withAxis(x!.shape, axis, 1), dtype: 'int32' }];
  },

  broadcast: (op, inputs, { shape }) => {
    const [x] = take(op, inputs, 1);
    if (!sameShape(broadcastShapes(op, [x!.shape, shape]), shape)) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `${op}: ${formatShape(x!.shape)} does not stretch to ${formatShape(shape)}.`,
      );
    }
    return [{ shape, dtype: x!.dtype }];
  },
  reshape: (op, inputs, { shape }) => {
    const [x] = take(op, inputs, 1);
    if (sizeOf(shape) !== sizeOf(x!.shape) || shape.some((length) => length < 0)) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `${op}: ${formatShape(x!.shape)} has ${sizeOf(x!.shape)} elements, ${formatShape(shape)} has ${sizeOf(shape)}. The number of elements must stay.`,
      );
    }
    return [{ shape, dtype: x!.dtype }];
  },
  transpose: (op, inputs, { order }) => {
    const [x] = take(op, inputs, 1);
    if (!isPermutation(order, x!.shape.length)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `${op}: order [${order.join(', ')}] is not a permutation of the ${x!.shape.length} axes of ${formatShape(x!.shape)}.`,
      );
    }
    return [{ shape: order.map((axis) => x!.shape[axis]!), dtype: x!.dtype }];
  },
  reverse: (op, inputs, { axis }) => {
    const [x] = take(op, inputs, 1);
    checkAxis(op, x!.shape, axis);
    return [{ shape: x!.shape, dtype: x!.dtype }];
  },

  split: (op, inputs, { axis, sizes }) => {
    const [x] = take(op, inputs, 1);
    checkAxis(op, x!.shape, axis);
    const total = sizes.reduce((a, b) => a + b, 0);
    if (sizes.length === 0 || total !== x!.shape[axis] || sizes.some((size) => size < 0)) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `${op}: sizes [${sizes.join(', ')}] add up to ${total}, axis ${axis} of ${formatShape(x!.shape)} has ${x!.shape[axis]}.`,
      );
    }
    return sizes.map((size) => ({ shape: withAxis(x!.shape, axis, size), dtype: x!.dtype }));
  },
  concat: (op, inputs, { axis }) => {
    const [first] = inputs;
    if (!first) throw new UnrollError('INVALID_ARGUMENT', `${op}: needs at least one tensor.`);
    checkAxis(op, first.shape, axis);
    let total = 0;
    for (const x of inputs) {
      if (
        x.shape.length !== first.shape.length ||
        !sameShape(withAxis(x.shape, axis, 0), withAxis(first.shape, axis, 0))
      ) {
        const all = inputs.map((input) => formatShape(input.shape)).join(', ');
        throw new UnrollError('SHAPE_MISMATCH', `${op}: shapes ${all} may differ only along axis ${axis}.`);
      }
      total += x.shape[axis]!;
    }
    return [{ shape: withAxis(first.shape, axis, total), dtype: commonDType(op, inputs) }];
  },
  slice: (op, inputs, { axis, start, size }) => {
    const [x] = take(op, inputs, 1);
    checkAxis(op, x!.shape, axis);
    if (start < 0 || size < 0 || start + size > x!.shape[axis]!) {
      throw new UnrollError(
        'INDEX_OUT_OF_RANGE',
        `${op}: positions ${start} to ${start + size} lie outside axis ${axis} of ${formatShape(x!.shape)}.`,
      );
    }
    return [{ shape: withAxis(x!.shape, axis, size), dtype: x!.dtype }];
  },
  pad: (op, inputs, { axis, before, after }) => {
    const [x] = take(op, inputs, 1);
    checkAxis(op, x!.shape, axis);
    if (before < 0 || after < 0) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `${op}: before and after are ${before} and ${after}; use slice to cut.`,
      );
    }
    return [{ shape: withAxis(x!.shape, axis, x!.shape[axis]! + before + after), dtype: x!.dtype }];
  },

  gather: (op, inputs) => {
    const [table, indices] = take(op, inputs, 2);
    checkIndices(op, indices!);
    if (table!.shape.length === 0)
      throw new UnrollError('SHAPE_MISMATCH', `${op}: the table is a scalar; it needs rows.`);
    return [{ shape: [...indices!.shape, ...table!.shape.slice(1)], dtype: table!.dtype }];
  },
  scatterAdd: (op, inputs, { rows }) => {
    const [updates, indices] = take(op, inputs, 2);
    checkIndices(op, indices!);
    const rank = indices!.shape.length;
    if (!sameShape(updates!.shape.slice(0, rank), indices!.shape)) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `${op}: updates ${formatShape(updates!.shape)} must start with the shape of the indices ${formatShape(indices!.shape)}.`,
      );
    }
    return [{ shape: [rows, ...updates!.shape.slice(rank)], dtype: updates!.dtype }];
  },
};

/**
 * The shapes and dtypes that a primitive makes of its inputs.
 * @throws UnrollError that names the op, the shapes and the remedy
 */
export function inferSignatures<P extends Primitive>(
  primitive: P,
  inputs: readonly Signature[],
  attrs: PrimitiveAttrs[P],
): readonly Signature[] {
  return rules[primitive](primitive, inputs, attrs);
}

/** The names of all primitives, in the order of the vocabulary. */
export const primitiveNames: readonly Primitive[] = Object.keys(rules) as Primitive[];

function elementwise(kind: 'any' | 'float'): Rule<unknown> {
  return (op, inputs) => {
    const [x] = take(op, inputs, 1);
    if (kind === 'float' && !isFloat(x!.dtype)) throw wantsFloat(op, x!.dtype);
    return [{ shape: x!.shape, dtype: x!.dtype }];
  };
}

function binary(kind: 'any' | 'float'): Rule<unknown> {
  return (op, inputs) => {
    const [x, y] = take(op, inputs, 2);
    const dtype = commonDType(op, [x!, y!]);
    if (kind === 'float' && !isFloat(dtype)) throw wantsFloat(op, dtype);
    return [{ shape: broadcastShapes(op, [x!.shape, y!.shape]), dtype }];
  };
}

function reduction(): Rule<{ readonly axes: readonly number[] }> {
  return (op, inputs, { axes }) => {
    const [x] = take(op, inputs, 1);
    for (const axis of axes) checkAxis(op, x!.shape, axis);
    return [{ shape: x!.shape.map((length, axis) => (axes.includes(axis) ? 1 : length)), dtype: x!.dtype }];
  };
}

/** Whether each of so many axes is there once. */
function isPermutation(order: readonly number[], rank: number): boolean {
  if (order.length !== rank) return false;
  for (let axis = 0; axis < rank; axis++) if (!order.includes(axis)) return false;
  return true;
}

function matmulShape(op: string, a: Shape, b: Shape, transposeA: boolean, transposeB: boolean): Shape {
  // Only for errors: written in every call, it would take as long as all the rest of it.
  const product = (): string => `${formatShape(a)}${transposeA ? 'ᵀ' : ''} × ${formatShape(b)}${transposeB ? 'ᵀ' : ''}`;
  if (a.length !== b.length || a.length < 2 || a.length > 3) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `${op}: ${product()}: both must have rank 2, or both rank 3 with the batch first. Reshape the leading axes into one.`,
    );
  }
  if (a.length === 3 && a[0] !== b[0]) {
    throw new UnrollError('SHAPE_MISMATCH', `${op}: ${product()}: the batches ${a[0]} and ${b[0]} differ.`);
  }
  const rows = a.length - 2;
  const columns = rows + 1;
  const m = a[transposeA ? columns : rows]!;
  const k = a[transposeA ? rows : columns]!;
  const k2 = b[transposeB ? columns : rows]!;
  const n = b[transposeB ? rows : columns]!;
  if (k !== k2) {
    let hint = '';
    if (k === n) hint = ` Did you mean transposeB${transposeB ? ': false' : ''}?`;
    else if (m === k2) hint = ` Did you mean transposeA${transposeA ? ': false' : ''}?`;
    throw new UnrollError('SHAPE_MISMATCH', `${op}: ${product()}: ${k} ≠ ${k2}.${hint}`);
  }
  return a.length === 3 ? [a[0]!, m, n] : [m, n];
}

function take(op: string, inputs: readonly Signature[], count: number): readonly Signature[] {
  if (inputs.length !== count) {
    throw new UnrollError('INVALID_ARGUMENT', `${op}: takes ${count} tensor(s), got ${inputs.length}.`);
  }
  return inputs;
}

function commonDType(op: string, inputs: readonly Signature[]): DType {
  const { dtype } = inputs[0]!;
  for (const input of inputs) {
    if (input.dtype !== dtype) {
      const dtypes = inputs.map((x) => x.dtype).join(', ');
      const model =
        isFloat(dtype) && isFloat(input.dtype) ? " A whole model is cast by castParameters(model, 'float64')." : '';
      // Numbers become floats; weights would lose all by becoming integers.
      const common = isFloat(dtype) ? dtype : input.dtype;
      throw new UnrollError('DTYPE_MISMATCH', `${op}: dtypes ${dtypes} differ. Cast one: x.cast('${common}').${model}`);
    }
  }
  return dtype;
}

function wantsFloat(op: string, dtype: DType): UnrollError {
  return new UnrollError(
    'DTYPE_MISMATCH',
    `${op}: wants float32 or float64, got ${dtype}. Cast first: x.cast('float32').`,
  );
}

function checkAxis(op: string, shape: Shape, axis: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) {
    throw new UnrollError('INVALID_ARGUMENT', `${op}: axis ${axis} does not exist in ${formatShape(shape)}.`);
  }
}

function checkIndices(op: string, indices: Signature): void {
  if (indices.dtype !== 'int32') {
    throw new UnrollError(
      'DTYPE_MISMATCH',
      `${op}: indices must be int32, got ${indices.dtype}. Cast them: x.cast('int32').`,
    );
  }
}
