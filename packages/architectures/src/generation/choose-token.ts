import { type Rng, UnrollError } from '@unroll/tensor';
import { type SamplingOptions, samplingDistribution } from '../decoding/sampling-distribution.ts';

/** Chooses the next token by the logits [vocabulary]. A logit of −∞ is a token that never comes. */
export type ChooseToken = (logits: ArrayLike<number>) => number;

/**
 * Always the likeliest token; of equal ones the first.
 * @throws UnrollError NON_FINITE for a logit NaN or ∞, or all −∞
 */
export function greedy(): ChooseToken {
  return (logits) => {
    let best = -1;
    let largest = -Infinity;
    for (let i = 0; i < logits.length; i++) {
      const logit = logits[i]!;
      if (!(logit < Infinity)) {
        throw new UnrollError('NON_FINITE', `greedy: logit ${i} is ${logit}. Did training diverge?`);
      }
      if (logit <= largest) continue;
      largest = logit;
      best = i;
    }
    if (best < 0) throw new UnrollError('NON_FINITE', 'greedy: all logits are −∞, so no token is possible.');
    return best;
  };
}

/** How tokens are drawn. */
export interface SampledOptions extends SamplingOptions {
  /** The same seed, the same tokens. */
  readonly rng: Rng;
}

/**
 * Draws from `samplingDistribution`: temperature, then the `topK` likeliest, then the head that reaches `topP`.
 * @throws UnrollError as `samplingDistribution` does
 */
export function sampled({ rng, ...options }: SampledOptions): ChooseToken {
  return (logits) => rng.categorical(samplingDistribution(logits, options));
}
