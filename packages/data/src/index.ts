/** From text and sequences to tensors. */
export { Vocabulary, type VocabularyOptions, type BuildVocabularyOptions, type EncodedTokens } from './vocabulary.ts';
export { SPECIALS, SPECIAL_TOKENS, type Special } from './specials.ts';
export type { VocabularyJson } from './vocabulary-json.ts';
export { oneHot, type OneHotOptions } from './one-hot.ts';
export { pad, unpad, type PadOptions, type PaddedBatch } from './pad.ts';
export { maskFromLengths, lengthsFromMask, type MaskOptions, type PaddingSide } from './mask.ts';
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
export { trainValidationSplit, type Split } from './split.ts';
export { anbn, type AnbnOptions } from './toy/anbn.ts';
export { copyTask, reverseTask, type TransductionOptions, type TransductionExample } from './toy/transduction.ts';
export { TOY_TOKENS } from './toy/tokens.ts';
