import { checkGiven } from '@unroll/backend';
import { checkAligned, checkMask } from './checks.ts';

export interface AccuracyOptions {
  /** 0 where a prediction does not count (padding), anything else where it does. Default: all count. */
  readonly mask?: ArrayLike<number>;
}

/**
 * The share of predictions that equal their reference, from 0 to 1; NaN if none counts, since there is no such share.
 * Predictions may be class ids or labels.
 * @throws UnrollError SHAPE_MISMATCH if the lengths differ; INVALID_ARGUMENT for a tensor
 */
export function accuracy<Label extends string | number>(
  predictions: ArrayLike<Label>,
  references: ArrayLike<Label>,
  { mask }: AccuracyOptions = {},
): number {
  checkGiven('accuracy', { predictions, references });
  checkAligned('accuracy', predictions.length, references.length);
  if (mask !== undefined) checkMask('accuracy', mask.length, references.length);
  let counted = 0;
  let right = 0;
  for (let i = 0; i < references.length; i++) {
    if (mask?.[i] === 0) continue;
    counted++;
    if (predictions[i] === references[i]) right++;
  }
  return right / counted;
}
