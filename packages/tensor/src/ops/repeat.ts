import { type Shape, UnrollError } from '@unroll/backend';
import { normalizeAxis } from '../axes.ts';
import { type Tensor, type TensorLike, asTensor } from '../tensor.ts';

type Operand = Exclude<TensorLike, number>;

/**
 * Each element along an axis `times` times in a row: a, b → a, a, b, b. [..., n, ...] → [..., n·times, ...].
 * NumPy's `repeat`, PyTorch's `repeat_interleave`; states for a beam search are repeated so.
 * @throws UnrollError INVALID_ARGUMENT unless `times` is an integer from 0 on
 */
export function repeat(x: Operand, times: number, axis: number): Tensor {
  return repeated('repeat', asTensor('repeat', x), times, axis, 1);
}

/**
 * All of an axis `times` times: a, b → a, b, a, b. [..., n, ...] → [..., n·times, ...]. NumPy's `tile`, PyTorch's `repeat`.
 * @throws UnrollError INVALID_ARGUMENT unless `times` is an integer from 0 on
 */
export function tile(x: Operand, times: number, axis: number): Tensor {
  return repeated('tile', asTensor('tile', x), times, axis, 0);
}

function repeated(op: string, x: Tensor, times: number, axis: number, behind: 0 | 1): Tensor {
  if (!Number.isInteger(times) || times < 0) {
    throw new UnrollError('INVALID_ARGUMENT', `${op}: times is ${times}; it must be an integer from 0 on.`);
  }
  const along = normalizeAxis(op, axis, x.shape);
  const at = along + behind;
  const spread: Shape = [...x.shape.slice(0, at), times, ...x.shape.slice(at)];
  const shape = x.shape.map((length, i) => (i === along ? length * times : length));
  return x.expandDims(at).broadcastTo(spread).reshape(shape);
}
