import { UsageError, fileError } from '@unroll/app-kit/cli';
import { fileSource } from '@unroll/data/node';
import type { Rng } from '@unroll/tensor';
import type { TaggerConfig } from '../config.ts';
import type { TaggedSentence } from '../sentence.ts';
import { type TaggerModel, buildTagger } from '../tagger-model.ts';
import { buildVocabularies } from '../vocabularies.ts';
import { type VectorVocabularies, vectorVocabularies } from '../word-vectors.ts';
import type { TrainValues } from './train-options.ts';

export interface NewTagger extends TaggerModel {
  /** How many words of its data begin with a vector of a file. Default: there is none. */
  readonly vectors?: number | undefined;
}

/**
 * An untrained model of the size that the options say, with the words of its data and of a file with word vectors.
 * @throws UsageError if that file is missing, or is none
 */
export async function newTagger(
  values: TrainValues,
  sentences: readonly TaggedSentence[],
  rng: Rng,
): Promise<NewTagger> {
  const { vocabularies, vectors, found } = await vocabulariesFor(values, sentences, rng);
  const config: TaggerConfig = {
    wordEmbedding: vectors?.shape[1] ?? values['word-embedding'],
    characterEmbedding: values['character-embedding'],
    characterModel: values['character-model'],
    characterHidden: values.characters,
    characterWidth: values['character-width'],
    hidden: values.hidden,
    layers: values.layers,
    direction: values.direction,
    output: values.crf ? 'crf' : 'softmax',
    dropout: values.dropout,
    lockedDropout: values['locked-dropout'],
    wordDropout: values['word-dropout'],
  };
  return { ...buildTagger({ config, vocabularies, rng, wordVectors: vectors }), vectors: found };
}

async function vocabulariesFor(
  values: TrainValues,
  sentences: readonly TaggedSentence[],
  rng: Rng,
): Promise<Pick<VectorVocabularies, 'vocabularies'> & Partial<VectorVocabularies>> {
  const { 'min-frequency': minFrequency, 'word-vectors': path, 'vector-words': top } = values;
  if (path === undefined) return { vocabularies: buildVocabularies(sentences, { minFrequency }) };
  let withVectors: VectorVocabularies;
  try {
    withVectors = await vectorVocabularies(sentences, { source: fileSource(path), top, minFrequency, rng });
  } catch (error) {
    throw fileError(path, error);
  }
  if (withVectors.found > 0) return withVectors;
  throw new UsageError(
    `${path} has a vector for none of the words to learn from. Give vectors of their language, lower-cased, in text: a word and its numbers a line.`,
  );
}
