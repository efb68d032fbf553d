/** Sequence in, sequence out: compositions of cells. */
export { type SequenceLayer, type SequenceOptions } from './sequence-layer.ts';
export { Unidirectional, type UnidirectionalOptions } from './unidirectional.ts';
export { Bidirectional, type BidirectionalOptions, type BothDirections } from './bidirectional.ts';
export { type Merge, concatMerge, sumMerge, averageMerge, productMerge } from './merge.ts';
export { Stacked, type StackedOptions } from './stacked.ts';
export { ResidualLayer, type ResidualLayerOptions } from './wrappers/residual-layer.ts';
export { NormalizedLayer, type NormalizedLayerOptions } from './wrappers/normalized-layer.ts';
export { lstm, gru, rnn, type RecurrentLayersOptions, type RnnOptions, type LayerState } from './presets.ts';
export { cellOf } from './cell-of.ts';
export { ManyToMany, type ManyToManyOptions } from './many-to-many.ts';
export { ManyToOne, type ManyToOneOptions } from './many-to-one/many-to-one.ts';
export {
  type Pooling,
  type Pooled,
  lastState,
  type LastStateOptions,
  meanPooling,
  maxPooling,
} from './many-to-one/pooling.ts';
export { AttentionPooling, type AttentionPoolingOptions } from './many-to-one/attention-pooling.ts';
export {
  CharacterAwareEmbedding,
  type CharacterAwareEmbeddingOptions,
  type CharacterTokens,
} from './character-aware-embedding.ts';
export { type AttentionScore, type AttentionHistory } from './attention/attention-score.ts';
export { DotScore, ScaledDotScore } from './attention/dot.ts';
export { GeneralScore, type GeneralScoreOptions } from './attention/general.ts';
export { AdditiveScore, type AdditiveScoreOptions } from './attention/additive.ts';
export { LocationSensitiveScore, type LocationSensitiveScoreOptions } from './attention/location-sensitive.ts';
export { CoverageScore } from './attention/coverage.ts';
export { coverageLoss } from './attention/coverage-loss.ts';
export {
  type AttentionMemory,
  remember,
  type RememberOptions,
  attend,
  type AttendOptions,
  type Attended,
} from './attention/memory.ts';
export { AttentionDecoder, type AttentionDecoderOptions, type AttentionState } from './attention/attention-decoder.ts';
export { LuongDecoder, type LuongDecoderOptions, type LuongState } from './attention/luong-decoder.ts';
export {
  type Readout,
  type ReadoutParts,
  plainReadout,
  contextReadout,
  deepReadout,
  TanhReadout,
  type TanhReadoutOptions,
} from './attention/readout.ts';
export { type Decoder, DecoderCell, type Encoded } from './seq2seq/decoder.ts';
export { PlainDecoder, type PlainDecoderOptions } from './seq2seq/plain-decoder.ts';
export {
  FixedContextDecoder,
  type FixedContextDecoderOptions,
  type ContextMemory,
} from './seq2seq/fixed-context-decoder.ts';
export { type Bridge, zeroBridge, lastStateBridge, LinearBridge, type LinearBridgeOptions } from './seq2seq/bridge.ts';
export {
  TokenDecoder,
  type TokenDecoderOptions,
  type DecodeOptions,
  type Decoded,
  type Begun,
} from './seq2seq/token-decoder.ts';
export {
  EncoderDecoder,
  type EncoderDecoderOptions,
  type EncodeDecodeOptions,
  type EncoderDecoderLossOptions,
  type TokenBatch,
  type TargetBatch,
} from './seq2seq/encoder-decoder.ts';
export { attentionEncoderDecoder, type AttentionEncoderDecoderOptions } from './seq2seq/attention-encoder-decoder.ts';
export { vectorSource } from './seq2seq/vector-source.ts';
export {
  ScheduledSampling,
  type ScheduledSamplingOptions,
  type SampledState,
  withCoins,
} from './seq2seq/scheduled-sampling.ts';
export { TiedLinear, type TiedLinearOptions } from './seq2seq/tied-linear.ts';
export { gatherRows, repeatRows } from './gather-rows.ts';
export { hiddenOf } from './hidden-of.ts';
export { samplingDistribution, type SamplingOptions } from './decoding/sampling-distribution.ts';
export { LanguageModelCell, type LanguageModelCellOptions } from './generation/language-model-cell.ts';
export { generate, type GenerateOptions } from './generation/generate.ts';
export { type ChooseToken, greedy, sampled, type SampledOptions } from './generation/choose-token.ts';
export { type TokenModel, languageModel, type LanguageModelOptions, sourceModel } from './decoding/token-model.ts';
export { type DecodingOptions } from './decoding/decoding-options.ts';
export { decode, streamDecode, type DecodeSequencesOptions } from './decoding/decode.ts';
export { beamSearch, streamBeamSearch, type BeamSearchOptions } from './decoding/beam-search.ts';
export { translate, type TranslateOptions } from './decoding/translate.ts';
export { type Hypothesis, type WrittenToken } from './decoding/hypothesis.ts';
export { type LengthPenalty, noLengthPenalty, averageLength, gnmt } from './decoding/length-penalty.ts';
export { type CoveragePenalty, gnmtCoverage } from './decoding/coverage-penalty.ts';
export {
  type TokenConstraint,
  type NextToken,
  allowedTokens,
  forbiddenTokens,
  noRepeatedNgrams,
} from './decoding/token-constraint.ts';
export { Crf, type CrfOptions, type CrfCallOptions } from './crf/crf.ts';
export { CrfTagger, type CrfTaggerOptions } from './crf/crf-tagger.ts';
export { type TransitionRule, type TagRule, ruleByNames } from './crf/transition-rules.ts';
export { type TagPath } from './crf/sequence-scores.ts';
