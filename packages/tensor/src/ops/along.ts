import { IndexError, type Shape, UnrollError, formatShape, sizeOf } from '@unroll/backend';
import { normalizeAxis } from '../axes.ts';
import { checkTensors } from '../check-tensors.ts';
import { arange } from '../create.ts';
import { type Tensor, type TensorLike, asTensor } from '../tensor.ts';
import { where } from './elementwise.ts';
import { scatterAdd } from './movement.ts';

type Operand = Exclude<TensorLike, number>;

/**
 * Elements picked along an axis, by positions of their own in every row: y[b, k] = x[b, indices[b, k]] for axis 1. The shapes of x
 * and the int32 indices may differ along the axis alone; the result has that of the indices. NumPy's `take_along_axis`, PyTorch's `gather`.
 * @throws UnrollError SHAPE_MISMATCH for shapes that differ elsewhere, INDEX_OUT_OF_RANGE for positions that x has not
 */
export function takeAlong(x: Operand, indices: Tensor, axis = -1): Tensor {
  const table = asTensor('takeAlong', x);
  const along = normalizeAxis('takeAlong', axis, table.shape);
  checkBeside('takeAlong', table.shape, indices, along);
  const order = lastAxis(table.rank, along);
  const length = table.shape[along]!;
  const places = flatPlaces(indices.transpose(order), length);
  const rows = table.transpose(order).reshape([-1]);
  return named('takeAlong', indices, length, () => rows.gather(places)).transpose(inverse(order));
}

/**
 * The adjoint of `takeAlong`: zeros of length `size` along the axis, to which updates are added, each at the int32 index of its own. Updates
 * and indices have one shape; equal indices add up. A pointer network adds its attention to the words of a vocabulary so (See et al. 2017).
 * @throws UnrollError SHAPE_MISMATCH for shapes that differ, INVALID_ARGUMENT for a size that is no integer from 0 on, INDEX_OUT_OF_RANGE for indices outside of [0, size)
 */
export function scatterAddAlong(updates: Operand, indices: Tensor, size: number, axis = -1): Tensor {
  const given = asTensor('scatterAddAlong', updates);
  const along = normalizeAxis('scatterAddAlong', axis, given.shape);
  checkBeside('scatterAddAlong', given.shape, indices, along);
  if (given.shape[along] !== indices.shape[along]) throw unlike('scatterAddAlong', given.shape, indices.shape);
  if (!Number.isInteger(size) || size < 0) {
    throw new UnrollError('INVALID_ARGUMENT', `scatterAddAlong: the size is ${size}; it must be an integer from 0 on.`);
  }
  const order = lastAxis(given.rank, along);
  const places = flatPlaces(indices.transpose(order), size);
  const lead = places.shape.slice(0, -1);
  const rows = given.transpose(order);
  const totals = named('scatterAddAlong', indices, size, () => scatterAdd(rows, places, sizeOf(lead) * size));
  return totals.reshape([...lead, size]).transpose(inverse(order));
}

/** Places in an array [..., length] that lies flat, for indices [..., k] into its last axis; −1, which `gather` refuses, for those beyond it. */
function flatPlaces(indices: Tensor, length: number): Tensor {
  const { shape, backend } = indices;
  const lead = shape.slice(0, -1);
  const starts = arange(sizeOf(lead) * length, { step: Math.max(1, length), dtype: 'int32', backend });
  const isBeyond = indices.less(0).maximum(indices.greater(length - 1));
  const isEmpty = length === 0 || sizeOf(shape) === 0;
  return where(isBeyond, -1, isEmpty ? indices : indices.add(starts.reshape([...lead, 1])));
}

/** With an error for the index as it was given, where the device lets it be read at once. */
function named(op: string, indices: Tensor, rows: number, lookUp: () => Tensor): Tensor {
  try {
    return lookUp();
  } catch (error) {
    if (!(error instanceof IndexError) || indices.backend.downloadSync === undefined) throw error;
    const given = indices.dataSync();
    const position = given.findIndex((index) => index < 0 || index >= rows);
    throw new IndexError({ op, index: given[position]!, position, rows });
  }
}

/** Axes in order, but for one that comes last. */
function lastAxis(rank: number, axis: number): readonly number[] {
  const order = Array.from({ length: rank }, (_, i) => i);
  return [...order.filter((each) => each !== axis), axis];
}

function inverse(order: readonly number[]): readonly number[] {
  return order.map((_, axis) => order.indexOf(axis));
}

function checkBeside(op: string, shape: Shape, indices: Tensor, axis: number): void {
  checkTensors(op, { indices });
  const { shape: other, dtype } = indices;
  if (dtype !== 'int32') {
    throw new UnrollError(
      'DTYPE_MISMATCH',
      `${op}: the indices are ${dtype}; they must be int32. Cast them: indices.cast('int32').`,
    );
  }
  const fits = other.length === shape.length && shape.every((length, i) => i === axis || length === other[i]);
  if (!fits) throw unlike(op, shape, other);
}

function unlike(op: string, shape: Shape, other: Shape): UnrollError {
  const rule =
    op === 'takeAlong' ? 'They may differ along the axis alone; repeat an axis by broadcastTo.' : 'They must be equal.';
  return new UnrollError('SHAPE_MISMATCH', `${op}: ${formatShape(shape)} and indices ${formatShape(other)}. ${rule}`);
}
