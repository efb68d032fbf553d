import { UnrollError, formatShape, isFloat } from '@unroll/backend';
import { normalizeAxis } from '../axes.ts';
import { arange } from '../create.ts';
import { type Tensor, type TensorLike, asTensor } from '../tensor.ts';
import { where } from './elementwise.ts';
import { concat } from './movement.ts';

/** What `topK` finds. */
export interface TopK {
  /** The largest elements, from the largest on: the shape of x with `k` along the axis. */
  readonly values: Tensor;
  /** Where they are along the axis; int32, of the same shape. */
  readonly indices: Tensor;
}

/** The smallest number but −∞. */
const LOWEST = { float32: -(2 - 2 ** -23) * 2 ** 127, float64: -Number.MAX_VALUE } as const;

/**
 * The `k` largest elements along an axis, in falling order, and where they are. Of equal ones the first comes first, NaN before all. Each
 * takes a pass over x: for beams and candidates, not for sorting. Derivatives flow to the elements that are taken.
 * @throws UnrollError INVALID_ARGUMENT unless k is an integer from 1 to the length of the axis, DTYPE_MISMATCH for int32
 */
export function topK(x: Exclude<TensorLike, number>, k: number, { axis = -1 }: { readonly axis?: number } = {}): TopK {
  const given = asTensor('topK', x);
  const along = normalizeAxis('topK', axis, given.shape);
  const length = given.shape[along]!;
  const { dtype } = given;
  if (!isFloat(dtype)) {
    throw new UnrollError(
      'DTYPE_MISMATCH',
      "topK: wants float32 or float64, got int32. Cast first: x.cast('float32').",
    );
  }
  if (!Number.isInteger(k) || k < 1 || k > length) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `topK: k is ${k}; it must be an integer from 1 to ${length}, the length of axis ${along} of ${formatShape(given.shape)}.`,
    );
  }
  const places = given.shape.map((_, i) => (i === along ? length : 1));
  const positions = arange(length, { dtype: 'int32', backend: given.backend }).reshape(places);
  let rest = given.detach().maximum(dtype === 'float64' ? LOWEST.float64 : LOWEST.float32);
  const values: Tensor[] = [];
  const indices: Tensor[] = [];
  for (;;) {
    const index = rest.argmax(along, { keepDims: true });
    const isTaken = positions.equal(index);
    indices.push(index);
    // Not looked up by index, which a loop on a GPU could not check.
    values.push(where(isTaken, given, 0).sum(along, { keepDims: true }));
    if (values.length === k) return { values: concat(values, along), indices: concat(indices, along) };
    // Below all that is left.
    rest = where(isTaken, -Infinity, rest);
  }
}
