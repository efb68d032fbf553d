import { checkGiven } from '@unroll/backend';
import { checkLists } from './checks.ts';

/**
 * The share of predicted sequences that equal their reference in every token, from 0 to 1; NaN if there is none. A string is compared
 * as it is: normalise both sides first if case or spaces should not count.
 * @throws UnrollError SHAPE_MISMATCH if there are not as many predictions as references
 */
export function exactMatch(
  predictions: readonly (string | ArrayLike<string | number>)[],
  references: readonly (string | ArrayLike<string | number>)[],
): number {
  checkGiven('exactMatch', { predictions, references });
  checkLists('exactMatch', predictions, references);
  let right = 0;
  for (const [i, prediction] of predictions.entries()) if (equal(prediction, references[i]!)) right++;
  return right / references.length;
}

function equal(a: ArrayLike<string | number>, b: ArrayLike<string | number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
