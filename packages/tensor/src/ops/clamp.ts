import { UnrollError } from '@unroll/backend';
import { type Tensor, type TensorLike, asOperand, asTensor } from '../tensor.ts';
import { where } from './elementwise.ts';

/** Bounds that broadcast against x; at least one. */
export interface ClampOptions {
  readonly min?: TensorLike;
  readonly max?: TensorLike;
}

/**
 * min where x < min, max where x > max, else x; elementwise, broadcast. NaN stays, and max wins where min is above it. The derivative by x
 * is 1 between the bounds and at them, 0 beyond, as in PyTorch; a bound has it where it is taken.
 * @throws UnrollError INVALID_ARGUMENT without a bound
 */
export function clamp(x: Exclude<TensorLike, number>, { min, max }: ClampOptions = {}): Tensor {
  let result = asTensor('clamp', x);
  if (min === undefined && max === undefined) {
    throw new UnrollError('INVALID_ARGUMENT', 'clamp: neither min nor max is given. Give one: clamp(x, { min: 0 }).');
  }
  if (min !== undefined) {
    const low = asOperand('clamp', min, result);
    result = where(result.less(low), low, result);
  }
  if (max !== undefined) {
    const high = asOperand('clamp', max, result);
    result = where(result.greater(high), high, result);
  }
  return result;
}
