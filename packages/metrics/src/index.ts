/** How good a model's answers are. Plain numbers and strings in, plain numbers out. */
export { accuracy, type AccuracyOptions } from './accuracy.ts';
export { exactMatch } from './exact-match.ts';
export { perplexity, bitsPerCharacter } from './perplexity.ts';
export { confusionMatrix, ConfusionMatrix, type ConfusionMatrixOptions, type ClassScores } from './confusion-matrix.ts';
export { spanF1, type SpanF1, type SpanF1Options, type SpanScores, type Averages } from './spans/span-f1.ts';
export { conllevalSpans } from './spans/conlleval.ts';
export { strictIob2Spans, strictBioesSpans } from './spans/strict.ts';
export type { Span, SpanReader } from './spans/span.ts';
export {
  bleu,
  sentenceBleu,
  bleuFromStatistics,
  BleuCounter,
  type Bleu,
  type BleuScore,
  type BleuOptions,
  type BleuScoreOptions,
} from './bleu/bleu.ts';
export type { BleuStatistics, BleuCountOptions } from './bleu/statistics.ts';
export {
  tokenizer13a,
  tokenizerInternational,
  tokenizerCharacters,
  tokenizerNone,
  type BleuTokenizer,
} from './bleu/tokenizers.ts';
export { expSmoothing, floorSmoothing, addKSmoothing, noSmoothing, type BleuSmoothing } from './bleu/smoothing.ts';
export { chrf, sentenceChrf, type Chrf, type ChrfOptions } from './chrf/chrf.ts';
export type { ChrfCountOptions } from './chrf/counts.ts';
export type { References } from './references.ts';
