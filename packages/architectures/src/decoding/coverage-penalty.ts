import { portableLog } from '@unroll/backend';
import { UnrollError } from '@unroll/tensor';

/**
 * What a sequence loses for parts of the source that it never looked at: from coverage, the attention that each live position of the source
 * got in all steps together, to a number up to 0 that is added to the score. It is 0 at best, so that a search knows when to stop.
 */
export type CoveragePenalty = (coverage: ArrayLike<number>) => number;

/** What a position got that was hardly looked at: less counts as this, as the logarithm of 0 would rule out everything. */
const LEAST = 1e-10;

/**
 * β Σᵢ log min(Σ_t attention_ti, 1), of Google's translation system (Wu et al. 2016, eq. 15), with attention of at least 1e-10. β is usually
 * about 0.2.
 * @throws UnrollError INVALID_ARGUMENT unless β is a number from 0 on
 */
export function gnmtCoverage({ beta = 0.2 }: { readonly beta?: number } = {}): CoveragePenalty {
  if (!(beta >= 0 && beta < Infinity)) {
    throw new UnrollError('INVALID_ARGUMENT', `gnmtCoverage: beta is ${beta}; give a number from 0 on, say 0.2.`);
  }
  return (coverage) => {
    let sum = 0;
    for (let i = 0; i < coverage.length; i++) sum += portableLog(Math.min(Math.max(coverage[i]!, LEAST), 1));
    return beta * sum;
  };
}
