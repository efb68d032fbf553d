/** Sequence in, sequence out: compositions of cells. */
export { type SequenceLayer, type SequenceOptions } from './sequence-layer.ts';
export { Unidirectional, type UnidirectionalOptions } from './unidirectional.ts';
export { Bidirectional, type BidirectionalOptions, type BothDirections } from './bidirectional.ts';
export { type Merge, concatMerge, sumMerge, averageMerge, productMerge } from './merge.ts';
export { Stacked, type StackedOptions } from './stacked.ts';
export { samplingDistribution, type SamplingOptions } from './decoding/sampling-distribution.ts';
export { LanguageModelCell, type LanguageModelCellOptions } from './generation/language-model-cell.ts';
export { generate, type GenerateOptions } from './generation/generate.ts';
export { type ChooseToken, greedy, sampled, type SampledOptions } from './generation/choose-token.ts';
