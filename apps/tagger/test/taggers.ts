import { Rng } from '@unroll/tensor';
import { DEFAULT_CONFIG, type TaggerConfig } from '../src/config.ts';
import type { TaggedSentence } from '../src/sentence.ts';
import { type TaggerModel, buildTagger } from '../src/tagger-model.ts';
import { buildVocabularies } from '../src/vocabularies.ts';

/** Sentences from lines such as `Ada/B-PER wrote/O`. */
export function sentences(...lines: readonly string[]): readonly TaggedSentence[] {
  return lines.map((line) => {
    const pairs = line.split(' ').map((pair) => pair.split('/') as [string, string]);
    return { words: pairs.map(([word]) => word), tags: pairs.map(([, tag]) => tag) };
  });
}

export const NAMES: readonly TaggedSentence[] = sentences(
  'Ada/B-PER Lovelace/I-PER wrote/O',
  'Zurich/B-LOC is/O quiet/O',
  'they/O met/O Alan/B-PER Turing/I-PER in/O London/B-LOC',
);

/** A small model that has learned nothing. */
export function untrained(config: Partial<TaggerConfig> = {}, data: readonly TaggedSentence[] = NAMES): TaggerModel {
  const small = { wordEmbedding: 6, characterEmbedding: 4, characterHidden: 3, hidden: 5 };
  const vocabularies = buildVocabularies(data, { minFrequency: 1 });
  return buildTagger({ config: { ...DEFAULT_CONFIG, ...small, ...config }, vocabularies, rng: new Rng(1) });
}
