import { Vocabulary } from '@unroll/data';
import { UnrollError } from '@unroll/tensor';
import type { TaggedSentence } from './sentence.ts';

/** What a tagger knows by heart. */
export interface Vocabularies {
  /** Lower-cased. */
  readonly words: Vocabulary;
  /** As they are. */
  readonly characters: Vocabulary;
  readonly tags: Vocabulary;
}

/** How a word is looked up. Its case is left to the characters. */
export function wordKey(word: string): string {
  return word.toLowerCase();
}

export interface BuildVocabulariesOptions {
  /** Rarer words and characters count as unknown; from them the model learns what to make of unknown ones. Default 2. */
  readonly minFrequency?: number;
}

/** The words, characters and tags of a training text. */
export function buildVocabularies(
  sentences: readonly TaggedSentence[],
  { minFrequency = 2 }: BuildVocabulariesOptions = {},
): Vocabularies {
  const specials = ['pad', 'unk'] as const;
  return {
    words: Vocabulary.fromSequences(
      sentences.map(({ words }) => words.map(wordKey)),
      { specials, minFrequency },
    ),
    characters: Vocabulary.fromSequences(
      sentences.map(({ words }) => words.join('')),
      { specials, minFrequency },
    ),
    // In one order, whatever the data's: a model and its resumed run agree.
    tags: new Vocabulary({ tokens: [...new Set(sentences.flatMap(({ tags }) => tags))].toSorted(), specials: [] }),
  };
}

/** As plain data. */
export function vocabulariesToJSON({ words, characters, tags }: Vocabularies): object {
  return { words: words.toJSON(), characters: characters.toJSON(), tags: tags.toJSON() };
}

/** @throws UnrollError INVALID_FILE */
export function vocabulariesFromJSON(json: unknown): Vocabularies {
  const { words, characters, tags } = (typeof json === 'object' && json !== null ? json : {}) as Readonly<
    Record<string, unknown>
  >;
  const all = {
    words: Vocabulary.fromJSON(words),
    characters: Vocabulary.fromJSON(characters),
    tags: Vocabulary.fromJSON(tags),
  };
  for (const each of [all.words, all.characters]) {
    if (each.specials.includes('pad') && each.specials.includes('unk')) continue;
    throw new UnrollError('INVALID_FILE', 'The vocabularies of the tagger lack what stands for padding and unknown.');
  }
  return all;
}
