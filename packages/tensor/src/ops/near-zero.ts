import { type Tensor, type TensorLike, asTensor } from '../tensor.ts';
import { where } from './elementwise.ts';

type Operand = Exclude<TensorLike, number>;

/** log(1 + x), right to the last digits for x near 0 too, where 1 + x would lose those of x; elementwise. −∞ at −1, NaN below. */
export function log1p(x: Operand): Tensor {
  const given = asTensor('log1p', x);
  const rough = given.add(1).log();
  // One step of Newton's method for eʸ − 1 = x, as a constant: the derivative 1/(1 + x) needs no digits of x.
  const [value, y] = [given.detach(), rough.detach()];
  const step = value.sub(exponentialMinus1(y)).div(value.add(1));
  return rough.add(where(y.abs().less(1), step, 0));
}

/** eˣ − 1, right to the last digits for x near 0 too; elementwise. */
export function expm1(x: Operand): Tensor {
  const given = asTensor('expm1', x);
  const rough = given.exp().sub(1);
  const value = given.detach();
  const lost = exponentialMinus1(value).sub(rough.detach());
  return rough.add(where(value.abs().less(1), lost, 0));
}

/** eˣ − 1 = tanh(x/2)·(eˣ + 1), where nothing cancels. */
function exponentialMinus1(x: Tensor): Tensor {
  return x.mul(0.5).tanh().mul(x.exp().add(1));
}
