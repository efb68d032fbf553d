import { isFloat } from '@unroll/backend';
import { onesLike } from '../create-like.ts';
import { type ReduceOptions, type Tensor, type TensorLike, asOperand, asTensor } from '../tensor.ts';

// Truth is 1 or 0, in the dtype of x: "and" is `mul`, "or" is `maximum`, "not" is `x.equal(0)`.

type Operand = Exclude<TensorLike, number>;

/** 1 where x ≤ y, else 0; broadcast. 0 where either is NaN. */
export function lessEqual(x: Operand, y: TensorLike): Tensor {
  const left = asTensor('lessEqual', x);
  const right = asOperand('lessEqual', y, left);
  return left.less(right).add(left.equal(right));
}

/** 1 where x ≥ y, else 0; broadcast. 0 where either is NaN. */
export function greaterEqual(x: Operand, y: TensorLike): Tensor {
  const left = asTensor('greaterEqual', x);
  const right = asOperand('greaterEqual', y, left);
  return left.greater(right).add(left.equal(right));
}

/** 1 where x ≠ y, else 0; broadcast. 1 where either is NaN. */
export function notEqual(x: Operand, y: TensorLike): Tensor {
  return asTensor('notEqual', x).equal(y).equal(0);
}

/** 1 where x is NaN, else 0. */
export function isNaN(x: Operand): Tensor {
  const value = asTensor('isNaN', x);
  return notEqual(value, value);
}

/** 1 where x is neither NaN nor infinite, else 0. */
export function isFinite(x: Operand): Tensor {
  const value = asTensor('isFinite', x);
  return isFloat(value.dtype) ? value.abs().less(Infinity) : onesLike(value);
}

/** 1 where an element along the axes, by default all, is not 0, else 0; 0 over nothing. NaN is not 0. */
export function any(x: Operand, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  return notEqual(asTensor('any', x), 0).max(axes, options).maximum(0);
}

/** 1 where no element along the axes, by default all, is 0, else 0; 1 over nothing. NaN is not 0. */
export function all(x: Operand, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  return any(asTensor('all', x).equal(0), axes, options).equal(0);
}
