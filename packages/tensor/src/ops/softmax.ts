import { dropAxes, normalizeAxis } from '../axes.ts';
import type { Tensor } from '../tensor.ts';
import { where } from './elementwise.ts';

/** What a softmax runs over, and what it leaves out. */
export interface SoftmaxOptions {
  /** Default −1, the last. */
  readonly axis?: number;
  /** 1 live, 0 left out; broadcasts against x. Where nothing is live, the result is 0. */
  readonly mask?: Tensor;
}

/** e^xᵢ / Σⱼ e^xⱼ along an axis, computed from x − max x so that nothing overflows. */
export function softmax(x: Tensor, { axis = -1, mask }: SoftmaxOptions = {}): Tensor {
  const along = normalizeAxis('softmax', axis, x.shape);
  if (!mask) {
    const e = x.sub(shift(x, along)).exp();
    return e.div(e.sum(along, { keepDims: true }));
  }
  const live = where(mask, x, -Infinity);
  const e = live.sub(shift(live, along)).exp();
  const total = e.sum(along, { keepDims: true });
  // 0 / 1 instead of 0 / 0 where nothing is live.
  return e.div(where(total.equal(0), 1, total));
}

/** log softmax x = x − logSumExp x along an axis. */
export function logSoftmax(x: Tensor, { axis = -1 }: Omit<SoftmaxOptions, 'mask'> = {}): Tensor {
  const along = normalizeAxis('logSoftmax', axis, x.shape);
  const shifted = x.sub(shift(x, along));
  return shifted.sub(shifted.exp().sum(along, { keepDims: true }).log());
}

/** log Σᵢ e^xᵢ along an axis, which is dropped; −∞ if all are −∞. */
export function logSumExp(x: Tensor, { axis = -1 }: Omit<SoftmaxOptions, 'mask'> = {}): Tensor {
  const along = normalizeAxis('logSumExp', axis, x.shape);
  const m = shift(x, along);
  const result = x.sub(m).exp().sum(along, { keepDims: true }).log().add(m);
  return result.reshape(dropAxes(result.shape, [along]));
}

/** The maximum as a constant, since the results do not depend on it; 0 in place of an infinite one, as ∞ − ∞ is NaN. */
function shift(x: Tensor, axis: number): Tensor {
  const m = x.max(axis, { keepDims: true }).detach();
  return where(m.abs().equal(Infinity), 0, m);
}
