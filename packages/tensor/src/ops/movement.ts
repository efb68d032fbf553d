import { UnrollError, formatShape } from '@unroll/backend';
import { normalizeAxis } from '../axes.ts';
import { checkTensors } from '../check-tensors.ts';
import { describe } from '../describe.ts';
import { type Tensor, type TensorLike, apply, asTensor } from '../tensor.ts';

/** Tensors end to end along `axis`; the other axes are equal. The adjoint of `split`. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const first = firstOf('concat', tensors);
  return apply('concat', tensors, { axis: normalizeAxis('concat', axis, first.shape) });
}

/** Tensors of one shape side by side along a new axis in front of `axis` (−1: at the end). */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = firstOf('stack', tensors);
  const at = axis < 0 ? axis + first.rank + 1 : axis;
  return concat(
    tensors.map((tensor) => tensor.expandDims(at)),
    at,
  );
}

/** Of a list, which plain JavaScript may have forgotten. */
function firstOf(op: string, tensors: readonly Tensor[]): Tensor {
  if (!Array.isArray(tensors)) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `${op}: got ${describe(tensors)}, no list of tensors: ${op}([x, y], axis).`,
    );
  }
  const [first] = tensors;
  if (!first) throw new UnrollError('INVALID_ARGUMENT', `${op}: needs at least one tensor.`);
  return first;
}

/** The tensors along `axis`, without it. The adjoint of `stack`. */
export function unstack(tensor: Tensor, axis = 0): readonly Tensor[] {
  checkTensors('unstack', { tensor });
  const along = normalizeAxis('unstack', axis, tensor.shape);
  return tensor.split(along, tensor.shape[along]!).map((piece) => piece.squeeze(along));
}

/**
 * What lies at one position of an axis, which is dropped: `select(ys, 1, -1)` is the last step of [batch, time, features].
 * @param index may count from the end: −1 is the last
 * @throws UnrollError INDEX_OUT_OF_RANGE if there is no such position
 */
export function select(x: Exclude<TensorLike, number>, axis: number, index: number): Tensor {
  const tensor = asTensor('select', x);
  const along = normalizeAxis('select', axis, tensor.shape);
  const length = tensor.shape[along]!;
  const position = index < 0 ? index + length : index;
  if (Number.isInteger(position) && position >= 0 && position < length) {
    return tensor.slice(along, position, 1).squeeze(along);
  }
  throw new UnrollError(
    'INDEX_OUT_OF_RANGE',
    `select: there is no position ${index} along axis ${along} of ${formatShape(tensor.shape)}.`,
  );
}

/** Adds updates [...i, …rest] to the rows of zeros [rows, …rest] at int32 indices [...i]; equal indices add up. */
export function scatterAdd(updates: Tensor, indices: Tensor, rows: number): Tensor {
  return apply('scatterAdd', [updates, indices], { rows });
}
