import type { Rng } from '@unroll/tensor';
import type { TaggerConfig } from './config.ts';
import { Tagger } from './model.ts';
import type { Vocabularies } from './vocabularies.ts';

/** A model, what it was built from, and the words, characters and tags that it knows. */
export interface TaggerModel {
  readonly model: Tagger;
  readonly vocabularies: Vocabularies;
  readonly config: TaggerConfig;
}

/** A new model, untrained. */
export function buildTagger(config: TaggerConfig, vocabularies: Vocabularies, rng: Rng): TaggerModel {
  return { model: new Tagger({ config, vocabularies, rng }), vocabularies, config };
}
