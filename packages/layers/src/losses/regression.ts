import { type Tensor, UnrollError, where, checkTensors } from '@unroll/tensor';
import { type MaskOptions, alignMask, checkSameShape, maskedMean } from './mask.ts';

/**
 * The mean of (x − y)² over the live elements: prediction x and target y, both [...] → [].
 * 0 where nothing is live. What a mask leaves out, NaN included, touches neither value nor gradient.
 * @throws UnrollError SHAPE_MISMATCH
 */
export function meanSquaredError(prediction: Tensor, target: Tensor, { mask }: MaskOptions = {}): Tensor {
  const { difference, live } = liveDifference('meanSquaredError', prediction, target, mask);
  return maskedMean(difference.square(), live);
}

export interface SmoothL1Options extends MaskOptions {
  /** Where the parabola becomes a line. Default 1; 0 is the mean of |x − y|. */
  readonly beta?: number;
}

/**
 * The mean of ½ d²/β for |d| < β, else |d| − ½ β, with d = x − y (Huber 1964, as scaled by Girshick 2015): prediction x and
 * target y, both [...] → []. 0 where nothing is live; what a mask leaves out touches neither value nor gradient.
 * @throws UnrollError SHAPE_MISMATCH; INVALID_ARGUMENT for a negative β
 */
export function smoothL1(prediction: Tensor, target: Tensor, { beta = 1, mask }: SmoothL1Options = {}): Tensor {
  if (!(beta >= 0)) {
    throw new UnrollError('INVALID_ARGUMENT', `smoothL1: beta is ${beta}. Give 0 or more.`);
  }
  const { difference, live } = liveDifference('smoothL1', prediction, target, mask);
  const size = difference.abs();
  if (beta === 0) return maskedMean(size, live);
  // With c = min(|d|, β) both branches are c (|d| − c/2)/β, and no square of a large d overflows.
  const c = size.minimum(beta);
  return maskedMean(c.mul(size.sub(c.mul(0.5))).div(beta), live);
}

function liveDifference(
  op: string,
  prediction: Tensor,
  target: Tensor,
  mask: Tensor | undefined,
): { readonly difference: Tensor; readonly live: Tensor | undefined } {
  checkTensors(op, { prediction, target });
  checkSameShape(op, prediction.shape, target.shape);
  const difference = prediction.sub(target);
  if (!mask) return { difference, live: undefined };
  const live = alignMask(op, mask, difference);
  return { difference: where(live, difference, 0), live };
}
