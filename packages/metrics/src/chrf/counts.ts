import { countNgrams, overlap } from '../ngrams.ts';
import { characters, words } from '../python-text.ts';

export interface ChrfCountOptions {
  /** The longest character n-grams. Default 6. */
  readonly characterOrder?: number;
  /** The longest word n-grams: 0 for chrF, 2 for chrF++. Default 0. */
  readonly wordOrder?: number;
  /** Counts without regard to case. Default false. */
  readonly lowercase?: boolean;
}

/** n-grams of one order. */
export interface OrderCounts {
  readonly hypothesis: number;
  readonly reference: number;
  /** Those that both have. */
  readonly match: number;
}

/** The counts of one pair: character orders first, then word orders. */
export function countsOf(hypothesis: string, reference: string, options: ChrfCountOptions): OrderCounts[] {
  const { characterOrder = 6, wordOrder = 0, lowercase = false } = options;
  const [ours, theirs] = [hypothesis, reference].map((text) => (lowercase ? text.toLowerCase() : text)) as [
    string,
    string,
  ];
  return [
    ...pairs(characters(ours), characters(theirs), characterOrder, ''),
    ...pairs(wordsAndMarks(ours), wordsAndMarks(theirs), wordOrder, ' '),
  ];
}

function pairs(
  hypothesis: readonly string[],
  reference: readonly string[],
  orders: number,
  separator: string,
): OrderCounts[] {
  return Array.from({ length: orders }, (_, i) => {
    const ours = Math.max(0, hypothesis.length - i);
    const theirs = Math.max(0, reference.length - i);
    const match = overlap(countNgrams(hypothesis, i + 1, separator), countNgrams(reference, i + 1, separator));
    // Where the reference is too short to have n-grams, those of the hypothesis are no mistakes.
    return { hypothesis: theirs === 0 ? 0 : ours, reference: theirs, match };
  });
}

const MARKS = new Set('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~');

/** Words with one ASCII punctuation mark at the end, or else at the beginning, cut off. */
function wordsAndMarks(text: string): string[] {
  return words(text).flatMap((word) => {
    if (Array.from(word).length === 1) return [word];
    if (MARKS.has(word.at(-1)!)) return [word.slice(0, -1), word.slice(-1)];
    return MARKS.has(word[0]!) ? [word.slice(0, 1), word.slice(1)] : [word];
  });
}

// What a ratio with nothing to divide by counts as, in epsilon smoothing.
const EPSILON = 1e-16;

/** F_β in percent: (1 + β²)PR / (β²P + R), with P and R averaged over the orders that both sides have. */
export function fScore(
  counts: readonly OrderCounts[],
  { beta, epsilonSmoothing }: { readonly beta: number; readonly epsilonSmoothing: boolean },
): number {
  const factor = beta ** 2;
  if (epsilonSmoothing) {
    const sum = counts.reduce((total, { hypothesis, reference, match }) => {
      const precision = hypothesis > 0 ? match / hypothesis : EPSILON;
      const recall = reference > 0 ? match / reference : EPSILON;
      const denominator = factor * precision + recall;
      return total + (denominator > 0 ? ((1 + factor) * precision * recall) / denominator : EPSILON);
    }, 0);
    return (100 * sum) / counts.length;
  }
  const live = counts.filter(({ hypothesis, reference }) => hypothesis > 0 && reference > 0);
  if (live.length === 0) return 0;
  const precision = live.reduce((sum, { match, hypothesis }) => sum + match / hypothesis, 0) / live.length;
  const recall = live.reduce((sum, { match, reference }) => sum + match / reference, 0) / live.length;
  if (precision + recall === 0) return 0;
  return (100 * (1 + factor) * precision * recall) / (factor * precision + recall);
}
