import { UnrollError } from '@unroll/backend';
import { normalizeAxis } from '../axes.ts';
import { type Tensor, type TensorLike, asTensor } from '../tensor.ts';
import { concat } from './movement.ts';

/**
 * The elements along an axis moved on by `shift` places; those that leave at one end come back at the other. A negative shift moves them
 * back: `roll(x, -1, 1)` has at each step what comes next.
 * @throws UnrollError INVALID_ARGUMENT unless `shift` is an integer
 */
export function roll(x: Exclude<TensorLike, number>, shift: number, axis: number): Tensor {
  const value = asTensor('roll', x);
  const along = normalizeAxis('roll', axis, value.shape);
  if (!Number.isInteger(shift)) {
    throw new UnrollError('INVALID_ARGUMENT', `roll: the shift is ${shift}; it must be an integer.`);
  }
  const length = value.shape[along]!;
  const start = length === 0 ? 0 : ((-shift % length) + length) % length;
  if (start === 0) return value.reshape(value.shape);
  return concat([value.slice(along, start, length - start), value.slice(along, 0, start)], along);
}
