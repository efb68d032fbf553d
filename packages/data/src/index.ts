/** From text and sequences to tensors. */
export { Vocabulary, type VocabularyOptions, type BuildVocabularyOptions, type EncodedTokens } from './vocabulary.ts';
export type { NestedBatch, EncodedTargets } from './vocabulary-batches.ts';
export { SPECIALS, SPECIAL_TOKENS, type Special } from './specials.ts';
export type { VocabularyJson } from './vocabulary-json.ts';
export { TokenCounter } from './token-counts.ts';
export { oneHot, type OneHotOptions } from './one-hot.ts';
export { pad, unpad, type PadOptions, type PaddedBatch } from './pad.ts';
export { padVectors, type PadVectorsOptions, type PaddedVectors } from './pad-vectors.ts';
export { maskFromLengths, lengthsFromMask, type MaskOptions, type PaddingSide } from './mask.ts';
export {
  pack,
  unpack,
  packedLayout,
  reverseByLength,
  type PackedSequence,
  type PackOptions,
  type UnpackOptions,
  type UnpackedBatch,
} from './pack/packed-sequence.ts';
export type { TokenArray } from './token-array.ts';
export {
  languageModelStreams,
  type LanguageModelStreams,
  type LanguageModelStreamsOptions,
  type StreamChunk,
} from './language-model-streams.ts';
export { randomWindows, type RandomWindowsOptions, type WindowBatch } from './random-windows.ts';
export {
  shuffledBatches,
  bucketedBatches,
  type ShuffledBatchesOptions,
  type BucketedBatchesOptions,
} from './batches.ts';
export { tokenBatches, streamTokenBatches, type TokenBatchesOptions } from './token-batches.ts';
export { trainValidationSplit, type Split } from './split.ts';
export type { TextSource, TextChunk, ChunkStream, TextEncoding, TextOptions } from './text/source.ts';
export { readLines, readText, type ReadLinesOptions } from './text/lines.ts';
export { collect } from './text/collect.ts';
export { ReaderError } from './text/reader-error.ts';
export { textNormalizer, type NormalizeOptions } from './text/normalize.ts';
export { readConllu } from './readers/conllu.ts';
export {
  formatConllu,
  type ConlluSentence,
  type ConlluToken,
  type ConlluFields,
  type MultiwordRange,
  type EmptyNode,
} from './readers/conllu-sentence.ts';
export { readConll, type ReadConllOptions, type ConllSentence } from './readers/conll.ts';
export { readTsv, readLinePairs, type ReadTsvOptions } from './readers/tsv.ts';
export type { ColumnNames } from './readers/columns.ts';
export { readWordVectors, type ReadWordVectorsOptions, type WordVectors } from './readers/word-vectors.ts';
export { BIO, BIOES, type TagScheme, type TagSpan } from './tags/scheme.ts';
export {
  bioToBioes,
  bioesToBio,
  convertTags,
  repairTags,
  tagProblems,
  spansOfTags,
  tagsOfSpans,
  type TagProblem,
} from './tags/convert.ts';
export {
  slidingWindows,
  streamSlidingWindows,
  splitSeries,
  type Row,
  type SeriesWindow,
  type WindowOptions,
  type SeriesSplit,
  type SeriesSplitOptions,
} from './series/windows.ts';
export { Scaler, ScalerFit, fitStandardScaler, fitMinMaxScaler, type ScalerJson } from './series/scaler.ts';
export { anbn, type AnbnOptions } from './toy/anbn.ts';
export { copyTask, reverseTask, type TransductionOptions, type TransductionExample } from './toy/transduction.ts';
export { TOY_TOKENS } from './toy/tokens.ts';
