/** An encoder-decoder with attention: built, trained, saved, and made to translate. */
export {
  CELLS,
  type CellName,
  ATTENTIONS,
  type AttentionName,
  type TranslatorConfig,
  type TranslatorModel,
  type Translator,
  buildTranslator,
} from './config.ts';
export {
  type Side,
  VocabularySide,
  type VocabularySideOptions,
  SideCounter,
  SubwordSide,
  type SubwordSideOptions,
} from './text/side.ts';
export { CUTS, type Cut, type CutName } from './text/cuts.ts';
export { type Pair, type Part, type Parts, partOf } from './pairs/pair.ts';
export { intlPairs, type IntlPairsOptions } from './pairs/intl-pairs.ts';
export { KINDS, type Kind, type KindName, type Say } from './pairs/kinds.ts';
export type { Languages } from './pairs/languages.ts';
export { readTsvPairs, readParallelPairs, type CorpusColumns } from './corpus/read-pairs.ts';
export { PackedPairs } from './corpus/packed-pairs.ts';
export { encodeTranslator, decodeTranslator } from './model-file.ts';
export { type EncodedPair, type SourceBatch, type PairBatch, encodePair, pairBatch } from './batch.ts';
export { translate, type TranslateOptions, type Translation, type Alignment } from './translate.ts';
export { alignmentSvg, alignmentText } from './alignment.ts';
export { evaluate, likelihood, type EvaluateOptions, type Evaluation } from './evaluate.ts';
export { train, type TrainOptions } from './train.ts';
export { Budget, type BudgetOptions, learningRateAt } from '@unroll/app-kit';
