/** A bidirectional tagger: built, trained, saved, and made to tag. */
export { Tagger, type TaggerOptions, type TaggerCallOptions } from './model.ts';
export { type TaggerConfig, DEFAULT_CONFIG } from './config.ts';
export { type TaggerModel, buildTagger } from './tagger-model.ts';
export { schemeOf } from './scheme.ts';
export type { Words, TaggedSentence } from './sentence.ts';
export { type Vocabularies, type BuildVocabulariesOptions, buildVocabularies } from './vocabularies.ts';
export { vectorVocabularies, type VectorVocabulariesOptions, type VectorVocabularies } from './word-vectors.ts';
export { type TaggerInput, type Spellings, inputOf, targetsOf } from './batch.ts';
export { encodeTagger, decodeTagger } from './model-file.ts';
export { tag, type TagOptions, type Prediction } from './tag.ts';
export { sentencesOf } from './segment.ts';
export { evaluate, type EvaluateOptions, type Evaluation } from './evaluate.ts';
export { confusionSvg, probabilitiesSvg } from './pictures.ts';
export { train, stepsPerEpoch, type TrainOptions } from './train.ts';
export { readUpos, readTagColumns, inScheme, type ReadTagColumnsOptions } from './read-sentences.ts';
export { englishSentences, englishCorpus } from './english/sentences.ts';
