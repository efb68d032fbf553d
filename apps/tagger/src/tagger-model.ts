import type { TaggerConfig } from './config.ts';
import { Tagger, type TaggerOptions } from './model.ts';
import type { Vocabularies } from './vocabularies.ts';

/** A model, what it was built from, and the words, characters and tags that it knows. */
export interface TaggerModel {
  readonly model: Tagger;
  readonly vocabularies: Vocabularies;
  readonly config: TaggerConfig;
}

/** A new model, untrained. */
export function buildTagger(options: TaggerOptions): TaggerModel {
  const { config, vocabularies } = options;
  return { model: new Tagger(options), vocabularies, config };
}
