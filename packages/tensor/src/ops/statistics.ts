import { normalizeAxes } from '../axes.ts';
import { type ReduceOptions, type Tensor, type TensorLike, asTensor } from '../tensor.ts';
import { where } from './elementwise.ts';

type Operand = Exclude<TensorLike, number>;
type Axes = number | readonly number[];

export interface VarianceOptions extends ReduceOptions {
  /** What is subtracted from the count n before dividing. Default 0, as in NumPy; 1 estimates from a sample, as PyTorch does by default. */
  readonly correction?: number;
}

/** Σ (x − mean x)² / (n − correction) over the axes, by default all. NaN over no more than `correction` elements. */
export function variance(x: Operand, axes?: Axes, { correction = 0, ...options }: VarianceOptions = {}): Tensor {
  const value = asTensor('variance', x);
  const over = normalizeAxes('variance', axes, value.shape);
  const count = over.reduce((product, axis) => product * value.shape[axis]!, 1);
  const centered = value.sub(value.mean(over, { keepDims: true }));
  const divisor = count > correction ? count - correction : NaN;
  return centered.square().sum(over, options).div(divisor);
}

/** √variance; its derivative is 0 where all elements are equal. */
export function standardDeviation(x: Operand, axes?: Axes, options: VarianceOptions = {}): Tensor {
  return root(variance(x, axes, options));
}

/** The Euclidean norm √Σ x² over the axes, by default all; its derivative is 0 where all elements are 0. */
export function norm(x: Operand, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const value = asTensor('norm', x);
  return root(value.square().sum(normalizeAxes('norm', axes, value.shape), options));
}

/** √x with derivative 0 at 0, where that of the root is infinite. */
function root(x: Tensor): Tensor {
  const isZero = x.equal(0);
  return where(isZero, 0, where(isZero, 1, x).sqrt());
}
