import { Vocabulary } from '@unroll/data';
import { Rng } from '@unroll/tensor';
import { type CharacterModel, type CharRnnConfig, buildCharRnn } from '../src/config.ts';

/** A small model that has learned nothing. */
export function untrained(text: string, config: Partial<CharRnnConfig> = {}): CharacterModel {
  const vocabulary = Vocabulary.fromText(text, { specials: ['unk'] });
  const small: CharRnnConfig = { cell: 'gru', layers: 1, hiddenSize: 8, embeddingSize: 4, dropout: 0, ...config };
  return buildCharRnn(small, vocabulary, new Rng(1));
}

/** A text that a few hundred steps are enough to learn. */
export const SENTENCE = 'the quick brown fox jumps over the lazy dog.\n';
