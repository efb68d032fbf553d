import { UnrollError, checkGiven } from '@unroll/backend';
import { checkLists } from '../checks.ts';
import { type References, listOf } from '../references.ts';
import { type BleuSmoothing, expSmoothing } from './smoothing.ts';
import {
  type BleuCountOptions,
  type BleuStatistics,
  addStatistics,
  emptyStatistics,
  segmentStatistics,
} from './statistics.ts';
import { tokenizer13a } from './tokenizers.ts';

export interface BleuScoreOptions {
  /** Default `expSmoothing`. */
  readonly smoothing?: BleuSmoothing;
  /**
   * Leaves out orders that the hypotheses are too short to have, so that a sentence of three words can score more than 0. Default false, as
   * for a corpus; `sentenceBleu` has true.
   */
  readonly effectiveOrder?: boolean;
}

export interface BleuOptions extends BleuCountOptions, BleuScoreOptions {}

/** A BLEU score and what it is made of. */
export interface BleuScore {
  /** From 0 to 100. */
  readonly score: number;
  /** Of each n-gram order in percent, smoothed. */
  readonly precisions: readonly number[];
  /** 1 unless the hypotheses are shorter than the references. */
  readonly brevityPenalty: number;
  readonly statistics: BleuStatistics;
}

/** A score, and how it was made. */
export interface Bleu extends BleuScore {
  /** What must be the same for two scores to compare, as sacrebleu writes it: print it with every score. */
  readonly signature: string;
  /** One line: the signature, the score, precisions, brevity penalty and lengths. */
  toString(): string;
}

/**
 * BLEU (Papineni et al. 2002) of a corpus, number for number that of sacrebleu:
 * BP · exp(1/N Σ ln pₙ), with BP = min(1, exp(1 − r/h)).
 * @param hypotheses detokenised text, one segment each
 * @param references of each hypothesis: one text, or several (sacrebleu has them the other way round: one list for each reference)
 * @throws UnrollError SHAPE_MISMATCH if there are not as many references as hypotheses
 */
export function bleu(
  hypotheses: readonly string[],
  references: readonly References[],
  options: BleuOptions = {},
): Bleu {
  checkGiven('bleu', { hypotheses, references });
  checkLists('bleu', hypotheses, references);
  const counter = new BleuCounter(options);
  for (const [i, hypothesis] of hypotheses.entries()) counter.add(hypothesis, references[i]!);
  return counter.score();
}

/** BLEU of one segment: as `bleu`, with the effective order unless told otherwise. Sentence scores do not average to the corpus score. */
export function sentenceBleu(hypothesis: string, references: References, options: BleuOptions = {}): Bleu {
  checkGiven('sentenceBleu', { hypothesis, references });
  return bleu([hypothesis], [references], { effectiveOrder: true, ...options });
}

/** Counts segment by segment, so that a corpus need not be in memory. */
export class BleuCounter {
  readonly #options: BleuOptions;
  #statistics: BleuStatistics;
  readonly #referenceCounts = new Set<number>();

  constructor(options: BleuOptions = {}) {
    const { maxOrder = 4 } = options;
    if (!(Number.isInteger(maxOrder) && maxOrder > 0)) {
      throw new UnrollError('INVALID_ARGUMENT', `BLEU: maxOrder is ${maxOrder}; it must be an integer from 1 on.`);
    }
    this.#options = options;
    this.#statistics = emptyStatistics(maxOrder);
  }

  /** Counts one more segment. */
  add(hypothesis: string, references: References): void {
    const list = listOf(references);
    this.#referenceCounts.add(list.length);
    this.#statistics = addStatistics(this.#statistics, segmentStatistics(hypothesis, list, this.#options));
  }

  /** The score of the segments so far. */
  score(): Bleu {
    const score = bleuFromStatistics(this.#statistics, this.#options);
    const signature = this.#signature();
    const { hypothesisLength: h, referenceLength: r } = score.statistics;
    return {
      ...score,
      signature,
      toString: () =>
        `BLEU|${signature} = ${score.score.toFixed(2)} ${score.precisions.map((each) => each.toFixed(1)).join('/')} ` +
        `(BP = ${score.brevityPenalty.toFixed(3)} ratio = ${(r === 0 ? 0 : h / r).toFixed(3)} hyp_len = ${h} ref_len = ${r})`,
    };
  }

  #signature(): string {
    const {
      lowercase = false,
      effectiveOrder = false,
      tokenizer = tokenizer13a,
      smoothing = expSmoothing,
    } = this.#options;
    const counts = [...this.#referenceCounts];
    return [
      `nrefs:${counts.length === 1 ? counts[0]! : 'var'}`,
      `case:${lowercase ? 'lc' : 'mixed'}`,
      `eff:${effectiveOrder ? 'yes' : 'no'}`,
      `tok:${tokenizer.name}`,
      `smooth:${smoothing.name}`,
      'version:unroll',
    ].join('|');
  }
}

/** The score of counts that are known, from `BleuCounter` or another program. */
export function bleuFromStatistics(
  statistics: BleuStatistics,
  { smoothing = expSmoothing, effectiveOrder = false }: BleuScoreOptions = {},
): BleuScore {
  const { hypothesisLength: h, referenceLength: r } = statistics;
  const brevityPenalty = h >= r ? 1 : h === 0 ? 0 : Math.exp(1 - r / h);
  const precisions = statistics.correct.map(() => 0);
  // Without one right word there is nothing to smooth.
  if (statistics.correct.every((count) => count === 0)) return { score: 0, precisions, brevityPenalty, statistics };
  let orders = precisions.length;
  let misses = 0;
  for (const i of precisions.keys()) {
    const added = i === 0 ? 0 : smoothing.added;
    const correct = statistics.correct[i]! + added;
    const total = statistics.total[i]! + added;
    if (total === 0) {
      if (effectiveOrder) orders = i;
      break;
    }
    precisions[i] = 100 * (correct > 0 ? correct / total : smoothing.precisionOfNone(total, ++misses));
  }
  const logarithms = precisions.slice(0, orders).reduce((sum, precision) => sum + Math.log(precision), 0);
  return { score: brevityPenalty * Math.exp(logarithms / orders), precisions, brevityPenalty, statistics };
}
