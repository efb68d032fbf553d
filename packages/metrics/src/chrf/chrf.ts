import { UnrollError, checkGiven } from '@unroll/backend';
import { checkLists } from '../checks.ts';
import { type References, listOf } from '../references.ts';
import { type ChrfCountOptions, type OrderCounts, countsOf, fScore } from './counts.ts';

export interface ChrfOptions extends ChrfCountOptions {
  /** How many times recall counts as much as precision. Default 2. */
  readonly beta?: number;
  /** The mean of the orders' F scores (chrF++.py, Moses, NLTK) instead of the F score of the mean precision and recall. Default false. */
  readonly epsilonSmoothing?: boolean;
}

/** A chrF score, with how it was made. */
export interface Chrf {
  /** From 0 to 100. */
  readonly score: number;
  /** chrF2, chrF2++, … */
  readonly name: string;
  /** What must be the same for two scores to compare, as sacrebleu writes it. */
  readonly signature: string;
  /** One line: name, signature and score. */
  toString(): string;
}

/**
 * chrF (Popović 2015) of a corpus, number for number that of sacrebleu: F_β over character n-grams, white space left out. With
 * `wordOrder: 2` it is chrF++ (Popović 2017). Of several references the best counts, segment by segment.
 * @param references of each hypothesis: one text, or several
 * @throws UnrollError SHAPE_MISMATCH if there are not as many references as hypotheses
 */
export function chrf(
  hypotheses: readonly string[],
  references: readonly References[],
  options: ChrfOptions = {},
): Chrf {
  checkGiven('chrf', { hypotheses, references });
  checkLists('chrf', hypotheses, references);
  const { beta = 2, epsilonSmoothing = false, characterOrder = 6, wordOrder = 0, lowercase = false } = options;
  const scoring = { beta, epsilonSmoothing };
  const total: OrderCounts[] = Array.from({ length: characterOrder + wordOrder }, () => ({
    hypothesis: 0,
    reference: 0,
    match: 0,
  }));
  const numbers = new Set<number>();
  for (const [i, hypothesis] of hypotheses.entries()) {
    const list = listOf(references[i]!);
    numbers.add(list.length);
    const best = bestOf(
      list.map((reference) => countsOf(hypothesis, reference, options)),
      (counts) => fScore(counts, scoring),
    );
    for (const [order, counts] of best.entries()) {
      total[order] = {
        hypothesis: total[order]!.hypothesis + counts.hypothesis,
        reference: total[order]!.reference + counts.reference,
        match: total[order]!.match + counts.match,
      };
    }
  }
  const score = fScore(total, scoring);
  const name = `chrF${beta}${'+'.repeat(wordOrder)}`;
  const signature = [
    `nrefs:${numbers.size === 1 ? [...numbers][0]! : 'var'}`,
    `case:${lowercase ? 'lc' : 'mixed'}`,
    `eff:${epsilonSmoothing ? 'no' : 'yes'}`,
    `nc:${characterOrder}`,
    `nw:${wordOrder}`,
    'space:no',
    'version:unroll',
  ].join('|');
  return { score, name, signature, toString: () => `${name}|${signature} = ${score.toFixed(2)}` };
}

/** chrF of one segment. */
export function sentenceChrf(hypothesis: string, references: References, options: ChrfOptions = {}): Chrf {
  checkGiven('sentenceChrf', { hypothesis, references });
  return chrf([hypothesis], [references], options);
}

function bestOf<T>(all: readonly T[], scoreOf: (each: T) => number): T {
  if (all.length === 0) {
    throw new UnrollError('INVALID_ARGUMENT', 'chrF: a segment has no reference. Give at least one, or leave it out.');
  }
  return all.reduce((best, each) => (scoreOf(each) > scoreOf(best) ? each : best));
}
