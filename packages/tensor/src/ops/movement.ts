import { UnrollError, formatShape } from '@unroll/backend';
import { normalizeAxis } from '../axes.ts';
import { describe } from '../describe.ts';
import { type Tensor, type TensorLike, apply, asTensor } from '../tensor.ts';

type Operand = Exclude<TensorLike, number>;

/** Tensors end to end along `axis`; the other axes are equal. The adjoint of `split`. */
export function concat(tensors: readonly Operand[], axis: number): Tensor {
  const parts = listOf('concat', tensors);
  return apply('concat', parts, { axis: normalizeAxis('concat', axis, parts[0]!.shape) });
}

/** Tensors of one shape side by side along a new axis in front of `axis` (−1: at the end). */
export function stack(tensors: readonly Operand[], axis = 0): Tensor {
  const parts = listOf('stack', tensors);
  const at = axis < 0 ? axis + parts[0]!.rank + 1 : axis;
  return concat(
    parts.map((tensor) => tensor.expandDims(at)),
    at,
  );
}

/** The tensors of a list of at least one, which plain JavaScript may have forgotten. */
function listOf(op: string, tensors: readonly Operand[]): readonly Tensor[] {
  if (!Array.isArray(tensors)) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `${op}: got ${describe(tensors)}, no list of tensors: ${op}([x, y], axis).`,
    );
  }
  if (tensors.length === 0) throw new UnrollError('INVALID_ARGUMENT', `${op}: needs at least one tensor.`);
  return tensors.map((tensor: Operand) => asTensor(op, tensor));
}

/** The tensors along `axis`, without it. The adjoint of `stack`. */
export function unstack(x: Operand, axis = 0): readonly Tensor[] {
  const tensor = asTensor('unstack', x);
  const along = normalizeAxis('unstack', axis, tensor.shape);
  return tensor.split(along, tensor.shape[along]!).map((piece) => piece.squeeze(along));
}

/**
 * What lies at one position of an axis, which is dropped: `select(ys, 1, -1)` is the last step of [batch, time, features].
 * @param index may count from the end: −1 is the last
 * @throws UnrollError INDEX_OUT_OF_RANGE if there is no such position
 */
export function select(x: Operand, axis: number, index: number): Tensor {
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
export function scatterAdd(updates: Operand, indices: Tensor, rows: number): Tensor {
  return apply('scatterAdd', [asTensor('scatterAdd', updates), indices], { rows });
}
