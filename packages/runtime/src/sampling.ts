import { RuntimeError } from './error.ts';
import { exponential } from './exponential.ts';
import type { Rng } from './rng.ts';

/** Chooses the next token by its logits, [vocabulary]. A logit of −∞ is a token that never comes. */
export type ChooseToken = (logits: ArrayLike<number>) => number;

/** How tokens are drawn. */
export interface SampledOptions {
  /** The same seed, the same tokens. */
  readonly rng: Rng;
  /** Divides the logits: below 1 likely tokens become likelier, 0 leaves only the likeliest. Default 1. */
  readonly temperature?: number;
  /** Only the k likeliest tokens stay (Fan et al. 2018). Default: all. */
  readonly topK?: number;
  /** Of those, only the fewest likeliest whose probabilities reach p together (Holtzman et al. 2020). Default 1: all. */
  readonly topP?: number;
}

/**
 * Always the likeliest token; of equal ones the first.
 * @throws RuntimeError INVALID_ARGUMENT for a logit NaN or ∞, or all −∞
 */
export function greedy(): ChooseToken {
  return likeliest;
}

/**
 * Draws from softmax(logits / temperature), cut to the `topK` likeliest, then to the head that reaches `topP`. Gives the tokens that
 * `sampled` of `@unroll/architectures` gives with the same seed.
 * @throws RuntimeError INVALID_ARGUMENT for an option out of range, a logit NaN or ∞, or all −∞
 */
export function sampled({ rng, temperature = 1, topK = Infinity, topP = 1 }: SampledOptions): ChooseToken {
  if (!rng) throw invalid('it draws random numbers from an rng; none was given');
  if (!(temperature >= 0 && temperature < Infinity))
    throw invalid(`the temperature ${temperature} is no number from 0 on`);
  if (!(topK >= 1 && (topK === Infinity || Number.isInteger(topK))))
    throw invalid(`topK ${topK} is no integer from 1 on`);
  if (!(topP > 0 && topP <= 1)) throw invalid(`topP ${topP} is not above 0 and up to 1`);
  return (logits) => {
    const best = likeliest(logits);
    const weights = Float64Array.from(logits, (logit, i) =>
      temperature > 0 ? exponential((logit - logits[best]!) / temperature) : Number(i === best),
    );
    divide(weights);
    if (topK < weights.length || topP < 1) {
      const order = [...weights.keys()].toSorted((a, b) => weights[b]! - weights[a]!);
      let count = Math.min(topK, order.length);
      if (topP < 1) {
        const wanted = topP * order.slice(0, count).reduce((sum, i) => sum + weights[i]!, 0);
        let mass = 0;
        const last = order.findIndex((i) => (mass += weights[i]!) >= wanted);
        if (last >= 0) count = Math.min(count, last + 1);
      }
      const total = order.slice(0, count).reduce((sum, i) => sum + weights[i]!, 0);
      for (const [place, i] of order.entries()) weights[i] = place < count ? weights[i]! / total : 0;
    }
    return rng.categorical(weights);
  };
}

function likeliest(logits: ArrayLike<number>): number {
  let best = -1;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (!(logit < Infinity)) throw invalid(`logit ${i} is ${logit}`);
    if (logit > (logits[best] ?? -Infinity)) best = i;
  }
  if (best < 0) throw invalid('no logit is above −∞');
  return best;
}

function divide(weights: Float64Array): void {
  const total = weights.reduce((sum, weight) => sum + weight);
  for (const i of weights.keys()) weights[i]! /= total;
}

function invalid(what: string): RuntimeError {
  return new RuntimeError('INVALID_ARGUMENT', `sampling: ${what}.`);
}
