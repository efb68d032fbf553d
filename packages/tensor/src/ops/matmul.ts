import { type MatmulOptions, type Tensor, type TensorLike, asTensor } from '../tensor.ts';

/** [m, k] × [k, n] → [m, n], or batches [b, m, k] × [b, k, n] → [b, m, n]; either operand may be given transposed. */
export function matmul(
  a: Exclude<TensorLike, number>,
  b: Exclude<TensorLike, number>,
  options?: MatmulOptions,
): Tensor {
  return asTensor('matmul', a).matmul(b, options);
}
