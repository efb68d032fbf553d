import { dropAxes, normalizeAxis } from '../axes.ts';
import { runFused } from '../fused.ts';
import { type Tensor, type TensorLike, asTensor } from '../tensor.ts';
import { where } from './elementwise.ts';

type Operand = Exclude<TensorLike, number>;

/** What a softmax runs over, and what it leaves out. */
export interface SoftmaxOptions {
  /** Default −1, the last. */
  readonly axis?: number;
  /** 1 live, 0 left out; broadcasts against x. Where nothing is live, the result is 0. */
  readonly mask?: Tensor;
}

/** e^xᵢ / Σⱼ e^xⱼ along an axis, computed from x − max x so that nothing overflows. */
export function softmax(x: Operand, { axis = -1, mask }: SoftmaxOptions = {}): Tensor {
  const value = asTensor('softmax', x);
  const live = mask ? where(mask, value, -Infinity) : value;
  // Of x: where the mask has more axes, they come before.
  const along = normalizeAxis('softmax', axis, value.shape) + live.rank - value.rank;
  const empty = mask ? 'zero' : 'nan';
  if (along !== live.rank - 1) return softmaxInPrimitives(live, along, empty);
  return runFused({
    op: 'softmax',
    inputs: [live],
    attrs: { empty },
    definition: () => [softmaxInPrimitives(live, along, empty)],
    pullBack: ([dy], [y]) => (dy ? [softmaxGradient(y!, dy)] : []),
  })[0]!;
}

/** log softmax x = x − logSumExp x along an axis. */
export function logSoftmax(x: Operand, { axis = -1 }: Omit<SoftmaxOptions, 'mask'> = {}): Tensor {
  const value = asTensor('logSoftmax', x);
  const along = normalizeAxis('logSoftmax', axis, value.shape);
  if (along !== value.rank - 1) return logSoftmaxInPrimitives(value, along);
  return runFused({
    op: 'logSoftmax',
    inputs: [value],
    attrs: {},
    definition: () => [logSoftmaxInPrimitives(value, along)],
    pullBack: ([dy], [y]) => (dy ? [logSoftmaxGradient(y!, dy)] : []),
  })[0]!;
}

/** log Σᵢ e^xᵢ along an axis, which is dropped; −∞ if all are −∞. */
export function logSumExp(x: Operand, { axis = -1 }: Omit<SoftmaxOptions, 'mask'> = {}): Tensor {
  const value = asTensor('logSumExp', x);
  const along = normalizeAxis('logSumExp', axis, value.shape);
  const m = shift(value, along);
  const result = value.sub(m).exp().sum(along, { keepDims: true }).log().add(m);
  return result.reshape(dropAxes(result.shape, [along]));
}

function softmaxInPrimitives(x: Tensor, axis: number, empty: 'zero' | 'nan'): Tensor {
  const e = x.sub(shift(x, axis)).exp();
  const total = e.sum(axis, { keepDims: true });
  // 0 / 1 instead of 0 / 0 where nothing is live.
  return e.div(empty === 'zero' ? where(total.equal(0), 1, total) : total);
}

/** y (dy − Σ y dy) */
function softmaxGradient(y: Tensor, dy: Tensor): Tensor {
  const definition = (): readonly Tensor[] => [y.mul(dy.sub(y.mul(dy).sum(-1, { keepDims: true })))];
  return runFused({ op: 'softmaxGradient', inputs: [y, dy], attrs: {}, definition })[0]!;
}

function logSoftmaxInPrimitives(x: Tensor, axis: number): Tensor {
  const shifted = x.sub(shift(x, axis));
  return shifted.sub(shifted.exp().sum(axis, { keepDims: true }).log());
}

/** dy − eʸ Σ dy */
function logSoftmaxGradient(y: Tensor, dy: Tensor): Tensor {
  const definition = (): readonly Tensor[] => [dy.sub(y.exp().mul(dy.sum(-1, { keepDims: true })))];
  return runFused({ op: 'logSoftmaxGradient', inputs: [y, dy], attrs: {}, definition })[0]!;
}

/** The maximum as a constant, since the results do not depend on it; 0 in place of an infinite one, as ∞ − ∞ is NaN. */
function shift(x: Tensor, axis: number): Tensor {
  const m = x.max(axis, { keepDims: true }).detach();
  return where(m.abs().equal(Infinity), 0, m);
}
