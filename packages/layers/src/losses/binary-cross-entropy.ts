import { type Tensor, type TensorLike, where, checkTensors } from '@unroll/tensor';
import { type MaskOptions, alignMask, checkSameShape, maskedMean } from './mask.ts';

export interface BinaryCrossEntropyOptions extends MaskOptions {
  /** Multiplies the loss of the positive part, to balance rare positives; broadcasts against the logits. Default 1. */
  readonly positiveWeight?: TensorLike;
}

/**
 * The mean of −p y log σ(x) − (1 − y) log(1 − σ(x)) over the live elements, from logits x and targets y in [0, 1], both
 * [...] → []; p is `positiveWeight`. Exact for logits of any size. 0 where nothing is live; what a mask leaves out, NaN included,
 * touches neither value nor gradient.
 * @throws UnrollError SHAPE_MISMATCH
 */
export function binaryCrossEntropyFromLogits(
  logits: Tensor,
  targets: Tensor,
  { positiveWeight = 1, mask }: BinaryCrossEntropyOptions = {},
): Tensor {
  checkTensors('binaryCrossEntropyFromLogits', { logits, targets });
  checkSameShape('binaryCrossEntropyFromLogits', logits.shape, targets.shape);
  const live = mask && alignMask('binaryCrossEntropyFromLogits', mask, logits);
  const x = live ? where(live, logits, 0) : logits;
  const positive = live ? where(live, targets, 0) : targets;
  const negative = positive.neg().add(1);
  const weighted = positiveWeight === 1 ? positive : positive.mul(positiveWeight);
  // −log σ(x) = max(−x, 0) + tail and −log(1 − σ(x)) = max(x, 0) + tail, with tail = log(1 + e^−|x|).
  const above = x.maximum(0);
  const below = x.neg().maximum(0);
  const tail = above.add(below).neg().exp().add(1).log();
  const sum = weighted.mul(below).add(negative.mul(above));
  return maskedMean(sum.add(tail.mul(weighted.add(negative))), live);
}
