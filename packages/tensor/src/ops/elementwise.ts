import { type Tensor, type TensorLike, apply, asOperand, asTensor } from '../tensor.ts';

type Operand = Exclude<TensorLike, number>;

/** x + y, broadcast. */
export function add(x: Operand, y: TensorLike): Tensor {
  return asTensor('add', x).add(y);
}

/** x − y, broadcast. */
export function sub(x: Operand, y: TensorLike): Tensor {
  return asTensor('sub', x).sub(y);
}

/** x · y elementwise, broadcast. */
export function mul(x: Operand, y: TensorLike): Tensor {
  return asTensor('mul', x).mul(y);
}

/** x / y, broadcast. */
export function div(x: Operand, y: TensorLike): Tensor {
  return asTensor('div', x).div(y);
}

/** The larger of x and y, broadcast; NaN if either is NaN. */
export function maximum(x: Operand, y: TensorLike): Tensor {
  return asTensor('maximum', x).maximum(y);
}

/** The smaller of x and y, broadcast; NaN if either is NaN. */
export function minimum(x: Operand, y: TensorLike): Tensor {
  return asTensor('minimum', x).minimum(y);
}

/** x where the condition is not 0, else y; broadcast. What is not chosen gets a derivative of exactly 0, even beside NaN. */
export function where(condition: Tensor, x: TensorLike, y: TensorLike): Tensor {
  const beside =
    typeof x === 'number' ? (typeof y === 'number' ? condition : asTensor('where', y)) : asTensor('where', x);
  return apply('where', [condition, asOperand('where', x, beside), asOperand('where', y, beside)], {});
}
