import { UnrollError } from '@unroll/backend';
import { normalizeAxis } from '../axes.ts';
import { type Tensor, apply } from '../tensor.ts';

/** Tensors end to end along `axis`; the other axes are equal. The adjoint of `split`. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (!first) throw new UnrollError('INVALID_ARGUMENT', 'concat: needs at least one tensor.');
  return apply('concat', tensors, { axis: normalizeAxis('concat', axis, first.shape) });
}

/** Tensors of one shape side by side along a new axis in front of `axis` (−1: at the end). */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  if (!first) throw new UnrollError('INVALID_ARGUMENT', 'stack: needs at least one tensor.');
  const at = axis < 0 ? axis + first.rank + 1 : axis;
  return concat(
    tensors.map((tensor) => tensor.expandDims(at)),
    at,
  );
}

/** The tensors along `axis`, without it. The adjoint of `stack`. */
export function unstack(tensor: Tensor, axis = 0): readonly Tensor[] {
  const along = normalizeAxis('unstack', axis, tensor.shape);
  return tensor.split(along, tensor.shape[along]!).map((piece) => piece.squeeze(along));
}

/** Adds updates [...i, …rest] to the rows of zeros [rows, …rest] at int32 indices [...i]; equal indices add up. */
export function scatterAdd(updates: Tensor, indices: Tensor, rows: number): Tensor {
  return apply('scatterAdd', [updates, indices], { rows });
}
