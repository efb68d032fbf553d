import { UnrollError, checkGiven } from '@unroll/backend';
import { checkLists, harmonicMean, ratio } from '../checks.ts';
import { formatTable } from '../table.ts';
import { conllevalSpans } from './conlleval.ts';
import type { Span, SpanReader } from './span.ts';

/** How well spans were found. All ratios are from 0 to 1, and 0 where there is nothing to divide by. */
export interface SpanScores {
  /** correct / predicted */
  readonly precision: number;
  /** correct / support */
  readonly recall: number;
  /** 2PR / (P + R) */
  readonly f1: number;
  /** Spans that were found with the right type and both right ends. */
  readonly correct: number;
  /** Spans in the predictions. */
  readonly predicted: number;
  /** Spans in the references. */
  readonly support: number;
}

export interface SpanF1Options {
  /** How tags are read as spans, on both sides. Default `conllevalSpans`; `strictIob2Spans` gives what seqeval calls strict. */
  readonly spans?: SpanReader;
}

/** The scores over all spans, by type, and averaged over types. */
export interface SpanF1 extends SpanScores {
  /** By type, sorted. */
  readonly types: ReadonlyMap<string, SpanScores>;
  /** The mean over types, each counting the same. */
  readonly macro: Averages;
  /** The mean over types, each counting by its support. */
  readonly weighted: Averages;
  /** The share of tags that are right, `O` included: conlleval's accuracy. */
  readonly tagAccuracy: number;
  /** A table: one line for each type, then all. */
  toString(): string;
}

/** Precision, recall and F1 over several types, from 0 to 1. */
export interface Averages {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/**
 * Precision, recall and F1 over labelled spans. A span is right if its type and both ends are. Spans do not cross sentences.
 * @param predictions the tags of each sentence
 * @param references the right ones
 * @throws UnrollError SHAPE_MISMATCH if sentences or tags do not match in number; INVALID_ARGUMENT for a tag that the reader does not know, or a
 * sentence that is no list
 */
export function spanF1(
  predictions: readonly (readonly string[])[],
  references: readonly (readonly string[])[],
  { spans: read = conllevalSpans }: SpanF1Options = {},
): SpanF1 {
  checkGiven('spanF1', { predictions, references });
  checkLists('spanF1', predictions, references);
  const counts = new Map<string, { correct: number; predicted: number; support: number }>();
  const countOf = ({ type }: Span): { correct: number; predicted: number; support: number } => {
    const count = counts.get(type) ?? { correct: 0, predicted: 0, support: 0 };
    counts.set(type, count);
    return count;
  };
  let tokens = 0;
  let rightTags = 0;
  for (const [i, reference] of references.entries()) {
    const prediction = predictions[i]!;
    checkSentence(i, prediction, reference);
    tokens += reference.length;
    rightTags += reference.filter((tag, position) => tag === prediction[position]).length;
    const expected = new Set<string>();
    for (const span of read(reference)) {
      countOf(span).support++;
      expected.add(keyOf(span));
    }
    for (const span of read(prediction)) {
      countOf(span).predicted++;
      if (expected.has(keyOf(span))) countOf(span).correct++;
    }
  }
  const sorted = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const types = new Map(sorted.map(([type, count]) => [type, scores(count)]));
  const all = scores(total([...counts.values()]));
  return {
    ...all,
    types,
    macro: average([...types.values()], () => 1),
    weighted: average([...types.values()], ({ support }) => support),
    tagAccuracy: ratio(rightTags, tokens),
    toString: () => report(types, all),
  };
}

function checkSentence(index: number, prediction: readonly string[], reference: readonly string[]): void {
  if (!Array.isArray(prediction) || !Array.isArray(reference)) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `spanF1: sentence ${index} is no list of tags. Give a list of sentences; one alone goes into a list, too.`,
    );
  }
  if (prediction.length === reference.length) return;
  throw new UnrollError(
    'SHAPE_MISMATCH',
    `spanF1: sentence ${index} has ${prediction.length} predicted tags for ${reference.length} references. Cut the padding off first.`,
  );
}

function keyOf({ type, start, end }: Span): string {
  return `${start} ${end} ${type}`;
}

function total(counts: readonly { correct: number; predicted: number; support: number }[]): {
  correct: number;
  predicted: number;
  support: number;
} {
  const sum = { correct: 0, predicted: 0, support: 0 };
  for (const { correct, predicted, support } of counts) {
    sum.correct += correct;
    sum.predicted += predicted;
    sum.support += support;
  }
  return sum;
}

function scores(count: { correct: number; predicted: number; support: number }): SpanScores {
  const precision = ratio(count.correct, count.predicted);
  const recall = ratio(count.correct, count.support);
  return { precision, recall, f1: harmonicMean(precision, recall), ...count };
}

function average(all: readonly SpanScores[], weightOf: (scores: SpanScores) => number): Averages {
  const weight = all.reduce((sum, each) => sum + weightOf(each), 0);
  const mean = (name: keyof Averages): number =>
    ratio(
      all.reduce((sum, each) => sum + weightOf(each) * each[name], 0),
      weight,
    );
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}

function report(types: ReadonlyMap<string, SpanScores>, all: SpanScores): string {
  const row = (name: string, each: SpanScores): string[] => [
    name,
    ...[each.precision, each.recall, each.f1].map((value) => (100 * value).toFixed(2)),
    String(each.predicted),
    String(each.support),
  ];
  return formatTable([
    ['type', 'precision', 'recall', 'F1', 'predicted', 'support'],
    ...[...types].map(([type, each]) => row(type, each)),
    row('all', all),
  ]);
}
