import { UnrollError, checkGiven } from '@unroll/backend';
import { checkAligned, checkMask, harmonicMean, ratio } from './checks.ts';
import { formatTable } from './table.ts';

/** How well one class is told from the others. Shares are from 0 to 1. */
export interface ClassScores {
  /** Of what was predicted as this class, the share that is. */
  readonly precision: number;
  /** Of what is this class, the share that was predicted. */
  readonly recall: number;
  /** 2PR / (P + R) */
  readonly f1: number;
  /** How often the references have this class. */
  readonly support: number;
}

export interface ConfusionMatrixOptions<Label extends string | number> {
  /** The classes, in the order of rows and columns. Default: those that occur, sorted. */
  readonly labels?: readonly Label[];
  /** 0 where a prediction does not count (padding). Default: all count. */
  readonly mask?: ArrayLike<number>;
}

/** What was taken for what. Ratios with nothing to divide by are 0. */
export class ConfusionMatrix<Label extends string | number = string | number> {
  readonly labels: readonly Label[];
  /** `counts[row][column]`: how often a reference of class `labels[row]` was predicted as `labels[column]`. */
  readonly counts: readonly (readonly number[])[];

  /** @throws UnrollError SHAPE_MISMATCH unless the counts are a square as large as the labels */
  constructor({
    labels,
    counts,
  }: {
    readonly labels: readonly Label[];
    readonly counts: readonly (readonly number[])[];
  }) {
    checkGiven('ConfusionMatrix', { labels, counts });
    if (counts.length !== labels.length || counts.some((row) => row.length !== labels.length)) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `ConfusionMatrix: ${labels.length} labels need as many rows and columns of counts.`,
      );
    }
    this.labels = labels;
    this.counts = counts;
  }

  get total(): number {
    return this.counts.reduce((sum, row) => sum + sumOf(row), 0);
  }

  /** The share on the diagonal. */
  get accuracy(): number {
    return ratio(
      this.labels.reduce((sum, _, i) => sum + this.counts[i]![i]!, 0),
      this.total,
    );
  }

  /** Precision, recall and F1 of each class, in the order of the labels. */
  get classes(): ReadonlyMap<Label, ClassScores> {
    return new Map(this.labels.map((label, i) => [label, this.#scoresOf(i)]));
  }

  /** The mean over classes, each counting the same: how scikit-learn averages `macro`. */
  get macro(): ClassScores {
    return this.#average(() => 1);
  }

  /** The mean over classes, each counting by its support: scikit-learn's `weighted`. */
  get weighted(): ClassScores {
    return this.#average(({ support }) => support);
  }

  /** The counts as text, references down, predictions across. */
  toString(): string {
    const head = ['', ...this.labels.map(String)];
    return formatTable([head, ...this.counts.map((row, i) => [String(this.labels[i]), ...row.map(String)])]);
  }

  #scoresOf(i: number): ClassScores {
    const right = this.counts[i]![i]!;
    const support = sumOf(this.counts[i]!);
    const precision = ratio(right, sumOf(this.counts.map((row) => row[i]!)));
    const recall = ratio(right, support);
    return { precision, recall, f1: harmonicMean(precision, recall), support };
  }

  #average(weightOf: (scores: ClassScores) => number): ClassScores {
    const all = [...this.classes.values()];
    const weight = sumOf(all.map(weightOf));
    const mean = (pick: (scores: ClassScores) => number): number =>
      ratio(sumOf(all.map((scores) => weightOf(scores) * pick(scores))), weight);
    return {
      precision: mean(({ precision }) => precision),
      recall: mean(({ recall }) => recall),
      f1: mean(({ f1 }) => f1),
      support: this.total,
    };
  }
}

/**
 * Counts what was taken for what.
 * @throws UnrollError SHAPE_MISMATCH if the lengths differ; INVALID_ARGUMENT for a class that is not among the given labels
 */
export function confusionMatrix<Label extends string | number>(
  predictions: ArrayLike<Label>,
  references: ArrayLike<Label>,
  { labels, mask }: ConfusionMatrixOptions<Label> = {},
): ConfusionMatrix<Label> {
  checkGiven('confusionMatrix', { predictions, references });
  checkAligned('confusionMatrix', predictions.length, references.length);
  if (mask !== undefined) checkMask('confusionMatrix', mask.length, references.length);
  const live = Array.from(references, (_, i) => i).filter((i) => mask?.[i] !== 0);
  const order = labels ?? sorted(live.flatMap((i) => [predictions[i]!, references[i]!]));
  const indices = new Map(order.map((label, i) => [label, i]));
  const counts = order.map(() => order.map(() => 0));
  const indexOf = (label: Label, i: number): number => {
    const index = indices.get(label);
    if (index !== undefined) return index;
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `confusionMatrix: ${JSON.stringify(label)} at position ${i} is not among the labels ${order.join(', ')}. Add it, or leave labels out.`,
    );
  };
  for (const i of live) {
    const row = counts[indexOf(references[i]!, i)]!;
    row[indexOf(predictions[i]!, i)]! += 1;
  }
  return new ConfusionMatrix({ labels: order, counts });
}

function sorted<Label extends string | number>(labels: readonly Label[]): readonly Label[] {
  return [...new Set(labels)].toSorted((a, b) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1,
  );
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
