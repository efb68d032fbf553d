import { ones, zeros } from './create.ts';
import { type Tensor, type TensorLike, asTensor } from './tensor.ts';

/** All 0, in the shape and dtype of x and on its backend. */
export function zerosLike(x: Exclude<TensorLike, number>): Tensor {
  return zeros(asTensor('zerosLike', x).shape, optionsOf(asTensor('zerosLike', x)));
}

/** All 1, in the shape and dtype of x and on its backend. */
export function onesLike(x: Exclude<TensorLike, number>): Tensor {
  return ones(asTensor('onesLike', x).shape, optionsOf(asTensor('onesLike', x)));
}

function optionsOf({ dtype, backend }: Tensor): Pick<Tensor, 'dtype' | 'backend'> {
  return { dtype, backend };
}
