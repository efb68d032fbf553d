import { pad } from '@unroll/data';
import type { Tensor } from '@unroll/tensor';
import type { Words } from './sentence.ts';
import { type Vocabularies, wordKey } from './vocabularies.ts';

/** Sentences as a model reads them. */
export interface TaggerInput {
  /** int32 [batch, time] */
  readonly words: Tensor;
  /** [batch, time]: 1 a word, 0 padding. */
  readonly mask: Tensor;
  /** The spelling of each different word once: int32 [spellings, characters]. */
  readonly characters: Tensor;
  /** [spellings, characters] */
  readonly characterMask: Tensor;
  /** Which spelling a word has: int32 [batch, time]. */
  readonly spellings: Tensor;
}

/** A batch of sentences, each of one word or more. */
export function inputOf(sentences: readonly Words[], vocabularies: Vocabularies): TaggerInput {
  const { words, characters } = vocabularies;
  const places = new Map<string, number>();
  const spellings = sentences.map((sentence) =>
    sentence.map((word) => {
      const place = places.get(word) ?? places.size;
      places.set(word, place);
      return place;
    }),
  );
  const { tokens, mask } = pad(
    sentences.map((sentence) => words.encode(sentence.map(wordKey))),
    { value: words.padId },
  );
  const spelled = pad(
    [...places.keys()].map((word) => characters.encode(word)),
    { value: characters.padId },
  );
  return {
    words: tokens,
    mask,
    characters: spelled.tokens,
    characterMask: spelled.mask,
    spellings: pad(spellings).tokens,
  };
}

/** The tags of sentences: int32 [batch, time], 0 on padding. */
export function targetsOf(tags: readonly (readonly string[])[], vocabularies: Vocabularies): Tensor {
  return pad(tags.map((each) => vocabularies.tags.encode(each))).tokens;
}
