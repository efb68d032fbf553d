import { portablePow } from '@unroll/backend';
import { UnrollError } from '@unroll/tensor';

/**
 * What the log-probability of a sequence is divided by, so that short ones are not always the best. `length` counts tokens, with the
 * end token. Any function that is above 0 will do; it need not grow.
 */
export type LengthPenalty = (length: number) => number;

/** 1: sequences are ranked by their probability, which favours short ones. */
export function noLengthPenalty(): LengthPenalty {
  return () => 1;
}

/** The length itself: sequences are ranked by their average log-probability per token. */
export function averageLength(): LengthPenalty {
  return (length) => length;
}

/**
 * ((5 + length) / 6)^α, of Google's translation system (Wu et al. 2016, eq. 14). α is usually between 0.6 and 1; 0 is no penalty.
 * @throws UnrollError INVALID_ARGUMENT unless α is a number
 */
export function gnmt({ alpha = 0.6 }: { readonly alpha?: number } = {}): LengthPenalty {
  if (!Number.isFinite(alpha))
    throw new UnrollError('INVALID_ARGUMENT', `gnmt: alpha is ${alpha}; give a number, say 0.6.`);
  return (length) => portablePow((5 + length) / 6, alpha);
}
