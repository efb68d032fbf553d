import { portableExp } from '@unroll/backend';
import { UnrollError } from '@unroll/tensor';

/** How a distribution is sharpened and cut before a token is drawn from it. */
export interface SamplingOptions {
  /** Divides the logits: below 1 likely tokens become likelier, above 1 all become more alike, 0 leaves only the likeliest. Default 1. */
  readonly temperature?: number | undefined;
  /** Only the k likeliest tokens stay (Fan et al. 2018). Default: all. */
  readonly topK?: number | undefined;
  /** Only the fewest likeliest tokens stay whose probabilities reach p together (Holtzman et al. 2020). Default 1: all. */
  readonly topP?: number | undefined;
}

/**
 * The probabilities to draw the next token from: softmax(logits / temperature), then only the `topK` likeliest, then, of what these
 * share anew, the smallest head that reaches `topP`. At least one token stays; of equal ones the first. Plain float64 numbers in
 * and out: logits [classes], probabilities [classes] with sum 1. `rng.categorical` draws from them.
 *
 * A logit of −∞ is a token that never comes.
 * @throws UnrollError INVALID_ARGUMENT for an option out of range or no logits; NON_FINITE for a logit NaN or ∞, or all −∞
 */
export function samplingDistribution(logits: ArrayLike<number>, options: SamplingOptions = {}): Float64Array {
  const { temperature = 1, topK = Infinity, topP = 1 } = options;
  checkOptions(temperature, topK, topP);
  checkLogits(logits);
  if (temperature === 0) return onlyLikeliest(logits);
  const probabilities = softmaxOf(logits, temperature);
  if (topK >= logits.length && topP === 1) return probabilities;
  const order = likeliestFirst(probabilities);
  return keepOnly(probabilities, headOf(probabilities, order.slice(0, topK), topP));
}

function onlyLikeliest(logits: ArrayLike<number>): Float64Array {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  const probabilities = new Float64Array(logits.length);
  probabilities[best] = 1;
  return probabilities;
}

function softmaxOf(logits: ArrayLike<number>, temperature: number): Float64Array {
  let max = -Infinity;
  for (let i = 0; i < logits.length; i++) max = Math.max(max, logits[i]!);
  const weights = new Float64Array(logits.length);
  let total = 0;
  // The difference first: a tiny temperature makes it −∞ at worst, and never ∞ − ∞.
  for (let i = 0; i < weights.length; i++) total += weights[i] = portableExp((logits[i]! - max) / temperature);
  for (let i = 0; i < weights.length; i++) weights[i]! /= total;
  return weights;
}

/** Positions by falling probability; equal ones in their own order, as sorting is stable. */
function likeliestFirst(probabilities: Float64Array): readonly number[] {
  return Array.from(probabilities, (_, i) => i).toSorted((a, b) => probabilities[b]! - probabilities[a]!);
}

/** As many of the positions as are needed for `topP` of the probability that all of them have together. */
function headOf(probabilities: Float64Array, order: readonly number[], topP: number): readonly number[] {
  if (topP === 1) return order;
  const wanted = topP * order.reduce((sum, i) => sum + probabilities[i]!, 0);
  let mass = 0;
  const last = order.findIndex((i) => (mass += probabilities[i]!) >= wanted);
  return last < 0 ? order : order.slice(0, last + 1);
}

function keepOnly(probabilities: Float64Array, kept: readonly number[]): Float64Array {
  const total = kept.reduce((sum, i) => sum + probabilities[i]!, 0);
  const result = new Float64Array(probabilities.length);
  for (const i of kept) result[i] = probabilities[i]! / total;
  return result;
}

function checkOptions(temperature: number, topK: number, topP: number): void {
  if (!(temperature >= 0 && temperature < Infinity))
    throw invalid(`temperature is ${temperature}; give a number from 0 on.`);
  if (!(topK >= 1 && (Number.isInteger(topK) || topK === Infinity))) {
    throw invalid(`topK is ${topK}; give an integer from 1 on, or leave it out for all tokens.`);
  }
  if (!(topP > 0 && topP <= 1)) throw invalid(`topP is ${topP}; give a number above 0, up to 1 for all tokens.`);
}

function checkLogits(logits: ArrayLike<number>): void {
  if (logits.length === 0) throw invalid('there are no logits.');
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (!(logit < Infinity)) throw nonFinite(`logit ${i} is ${logit}. Did training diverge?`);
    largest = Math.max(largest, logit);
  }
  if (largest === -Infinity) throw nonFinite('all logits are −∞, so no token is possible.');
}

function invalid(what: string): UnrollError {
  return new UnrollError('INVALID_ARGUMENT', `samplingDistribution: ${what}`);
}

function nonFinite(what: string): UnrollError {
  return new UnrollError('NON_FINITE', `samplingDistribution: ${what}`);
}
