import { type TypedArray, UnrollError } from '@unroll/backend';
import { type Prefix, linksOf } from './hypothesis.ts';
import type { TokenConstraint } from './token-constraint.ts';

/** What a step says of its rows. */
export interface RowScores {
  /** [rows, vocabulary + source]: log-probabilities of the next token, and where the model looked. */
  readonly data: TypedArray;
  readonly vocabulary: number;
  readonly source: number;
}

/** What may be written about an input. */
export interface Restrictions {
  readonly input: number;
  readonly end: number;
  readonly minLength: number;
  readonly maxLength: number;
  readonly constraints: readonly TokenConstraint[];
}

/** Log-probabilities of what may follow a prefix: those of the model, restricted. Not to be written to. */
export function nextTokens(
  { constraints, end, input, minLength }: Restrictions,
  prefix: Prefix,
  { data, vocabulary, source }: RowScores,
  row: number,
): TypedArray {
  const start = row * (vocabulary + source);
  const scores = data.subarray(start, start + vocabulary);
  const isTooEarly = prefix.length + 1 < minLength;
  if (constraints.length === 0 && !isTooEarly) return scores;
  const restricted = Float64Array.from(scores);
  if (isTooEarly) restricted[end] = -Infinity;
  const tokens = linksOf(prefix).map(({ token }) => token);
  for (const constraint of constraints) constraint({ logProbabilities: restricted, prefix: tokens, input });
  return restricted;
}

/** Where the model looked in a row, [source]; nothing for a model that does not look. */
export function lookedAt({ data, vocabulary, source }: RowScores, row: number): TypedArray | undefined {
  if (source === 0) return undefined;
  const start = row * (vocabulary + source) + vocabulary;
  return data.slice(start, start + source);
}

/** The error for what a model that diverged gives. */
export function notANumber(token: number): UnrollError {
  return new UnrollError('NON_FINITE', `decoding: the log-probability of token ${token} is NaN. Did training diverge?`);
}
