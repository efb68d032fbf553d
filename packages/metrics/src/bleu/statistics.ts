import { UnrollError } from '@unroll/backend';
import { countNgrams, overlap } from '../ngrams.ts';
import { trimEnd } from '../python-text.ts';
import { type BleuTokenizer, tokenizer13a } from './tokenizers.ts';

/** All that BLEU needs of a corpus: sums over its segments. */
export interface BleuStatistics {
  /** Clipped matches of n-grams, by order from 1 on. */
  readonly correct: readonly number[];
  /** n-grams of the hypotheses, by order from 1 on. */
  readonly total: readonly number[];
  /** Tokens of the hypotheses. */
  readonly hypothesisLength: number;
  /** Tokens of the references: of each segment that whose length is nearest, the shorter of two as near. */
  readonly referenceLength: number;
}

export interface BleuCountOptions {
  /** Default `tokenizer13a`. */
  readonly tokenizer?: BleuTokenizer;
  /** Counts without regard to case. Default false. */
  readonly lowercase?: boolean;
  /** The longest n-grams. Default 4. */
  readonly maxOrder?: number;
}

/**
 * The statistics of one segment.
 * @throws UnrollError INVALID_ARGUMENT without a reference
 */
export function segmentStatistics(
  hypothesis: string,
  references: readonly string[],
  { tokenizer = tokenizer13a, lowercase = false, maxOrder = 4 }: BleuCountOptions = {},
): BleuStatistics {
  if (references.length === 0) {
    throw new UnrollError('INVALID_ARGUMENT', 'BLEU: a segment has no reference. Give at least one, or leave it out.');
  }
  const tokensOf = (text: string): string[] => tokenizer.tokenize(trimEnd(lowercase ? text.toLowerCase() : text));
  const tokens = tokensOf(hypothesis);
  const expected = references.map(tokensOf);
  const correct: number[] = [];
  const total: number[] = [];
  for (let order = 1; order <= maxOrder; order++) {
    const allowed = mostOf(expected.map((reference) => countNgrams(reference, order, ' ')));
    correct.push(overlap(countNgrams(tokens, order, ' '), allowed));
    total.push(Math.max(0, tokens.length - order + 1));
  }
  return {
    correct,
    total,
    hypothesisLength: tokens.length,
    referenceLength: nearest(
      tokens.length,
      expected.map((reference) => reference.length),
    ),
  };
}

/** The statistics of nothing. */
export function emptyStatistics(maxOrder: number): BleuStatistics {
  const none = Array.from({ length: maxOrder }, () => 0);
  return { correct: none, total: none, hypothesisLength: 0, referenceLength: 0 };
}

export function addStatistics(a: BleuStatistics, b: BleuStatistics): BleuStatistics {
  return {
    correct: a.correct.map((count, i) => count + b.correct[i]!),
    total: a.total.map((count, i) => count + b.total[i]!),
    hypothesisLength: a.hypothesisLength + b.hypothesisLength,
    referenceLength: a.referenceLength + b.referenceLength,
  };
}

/** Of each n-gram its largest count in any reference: a hypothesis may use it that often (Papineni et al. 2002, clipping). */
function mostOf(all: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  if (all.length === 1) return all[0]!;
  const most = new Map<string, number>();
  for (const counts of all) {
    for (const [ngram, count] of counts) most.set(ngram, Math.max(count, most.get(ngram) ?? 0));
  }
  return most;
}

function nearest(length: number, candidates: readonly number[]): number {
  return candidates.reduce((best, candidate) => {
    const gain = Math.abs(length - best) - Math.abs(length - candidate);
    return gain > 0 || (gain === 0 && candidate < best) ? candidate : best;
  });
}
