import { UnrollError } from '@unroll/backend';
import { onesLike } from '../create-like.ts';
import { describe } from '../describe.ts';
import { type Tensor, type TensorLike, asOperand, asTensor } from '../tensor.ts';
import { where } from './elementwise.ts';

/**
 * xᵖ, elementwise, for one exponent: by multiplications for whole exponents (−1 is the reciprocal), by a square root for ±½, else as
 * e^(p log x), which is NaN for x < 0 and has the derivative 0 at 0. For a tensor of exponents: `x.log().mul(p).exp()`.
 * @throws UnrollError INVALID_ARGUMENT for an exponent that is not finite
 */
export function pow(x: Exclude<TensorLike, number>, exponent: number): Tensor {
  const base = asTensor('pow', x);
  if (!Number.isFinite(exponent)) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `pow: the exponent is ${describe(exponent)}; it must be a finite number. Of a tensor of them: x.log().mul(exponents).exp().`,
    );
  }
  if (exponent < 0) return asOperand('pow', 1, base).div(pow(base, -exponent));
  if (Number.isInteger(exponent)) return wholePower(base, exponent);
  if (exponent === 0.5) return base.sqrt();
  const isZero = base.equal(0);
  return where(isZero, 0, where(isZero, 1, base).log().mul(exponent).exp());
}

/** By squaring. */
function wholePower(x: Tensor, exponent: number): Tensor {
  if (exponent === 0) return onesLike(x);
  if (exponent === 1) return x.reshape(x.shape);
  const half = wholePower(x, Math.floor(exponent / 2)).square();
  return exponent % 2 === 0 ? half : half.mul(x);
}
