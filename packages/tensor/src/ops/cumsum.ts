import { normalizeAxis } from '../axes.ts';
import { type Tensor, type TensorLike, asTensor } from '../tensor.ts';

/**
 * Running totals along an axis: yᵢ = x₀ + … + xᵢ, in the shape of x. From the end: `cumsum(x.reverse(axis), axis).reverse(axis)`.
 * In about log₂ n additions of whole tensors (Hillis & Steele 1986), so that it is parallel on every backend.
 */
export function cumsum(x: Exclude<TensorLike, number>, axis = -1): Tensor {
  let totals = asTensor('cumsum', x);
  const along = normalizeAxis('cumsum', axis, totals.shape);
  const { shape } = totals;
  const length = shape[along]!;
  totals = totals.reshape(shape);
  // Each holds the sum of the last `span` elements up to its own.
  for (let span = 1; span < length; span *= 2) {
    totals = totals.add(totals.slice(along, 0, length - span).pad(along, span, 0));
  }
  return totals;
}
