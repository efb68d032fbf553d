import { type Rng, type Tensor, UnrollError, checkRng } from '@unroll/tensor';
import { type SamplingOptions, samplingDistribution } from '../decoding/sampling-distribution.ts';

/** Chooses the next token by its logits. */
export interface ChooseToken {
  /** logits are [vocabulary]. A logit of −∞ is a token that never comes. */
  (logits: ArrayLike<number>): number;
  /** The same by tensor ops, from logits [batch, vocabulary] to int32 [batch]: then many tokens are written in one go. */
  readonly inStep?: (logits: Tensor) => Tensor;
}

/**
 * Always the likeliest token; of equal ones the first.
 * @throws UnrollError NON_FINITE for a logit NaN or ∞, or all −∞
 */
export function greedy(): ChooseToken {
  const choose = (logits: ArrayLike<number>): number => {
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
  return Object.assign(choose, { inStep: (logits: Tensor) => logits.argmax(1) });
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
  checkRng('sampled', rng);
  return (logits) => rng.categorical(samplingDistribution(logits, options));
}
