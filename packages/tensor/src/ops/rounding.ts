import { isFloat } from '@unroll/backend';
import { type Tensor, type TensorLike, asOperand, asTensor } from '../tensor.ts';
import { where } from './elementwise.ts';

type Operand = Exclude<TensorLike, number>;

/** The largest integer that is not above x; elementwise. NaN and ±∞ stay. No derivative flows through it. */
export function floor(x: Operand): Tensor {
  const value = asTensor('floor', x).detach();
  const whole = truncated(value);
  return whole.sub(value.less(whole));
}

/** The smallest integer that is not below x; elementwise. NaN and ±∞ stay. No derivative flows through it. */
export function ceil(x: Operand): Tensor {
  const value = asTensor('ceil', x).detach();
  const whole = truncated(value);
  return whole.add(value.greater(whole));
}

/** The nearest integer, of two the even one, as in NumPy and PyTorch: 0.5 → 0, 1.5 → 2; elementwise. No derivative flows through it. */
export function round(x: Operand): Tensor {
  const value = asTensor('round', x).detach();
  if (!isFloat(value.dtype)) return value;
  const below = floor(value);
  const rest = value.sub(below);
  const isOdd = below.sub(floor(below.mul(0.5)).mul(2));
  return below.add(rest.greater(0.5)).add(rest.equal(0.5).mul(where(rest.equal(0.5), isOdd, 0)));
}

/**
 * What is left of x after whole multiples of the divisor: x − ⌊x/divisor⌋·divisor, elementwise, broadcast; between 0 and the divisor but for
 * rounding, with its sign, as in Python. The derivative by x is 1: a time within a period, as a phased LSTM has it (Neil et al. 2016).
 */
export function remainder(x: Operand, divisor: TensorLike): Tensor {
  const dividend = asTensor('remainder', x);
  const by = asOperand('remainder', divisor, dividend);
  return dividend.sub(floor(dividend.div(by)).mul(by));
}

/** 1 where x > 0, −1 where x < 0, 0 where x = 0; NaN stays. No derivative flows through it. */
export function sign(x: Operand): Tensor {
  const value = asTensor('sign', x).detach();
  return where(value.equal(value), value.greater(0).sub(value.less(0)), value);
}

/** Without the digits after the point. From where on numbers have none, they are as they are: int32 would not hold them. */
function truncated(x: Tensor): Tensor {
  if (!isFloat(x.dtype)) return x;
  const whole = (y: Tensor): Tensor => y.cast('int32').cast(x.dtype);
  const hasDigits = x.abs().less(x.dtype === 'float32' ? 2 ** 23 : 2 ** 52);
  const small = where(hasDigits, x, 0);
  if (x.dtype === 'float32') return where(hasDigits, whole(small), x);
  // In two halves, which int32 holds.
  const high = whole(small.mul(2 ** -26)).mul(2 ** 26);
  return where(hasDigits, high.add(whole(small.sub(high))), x);
}
