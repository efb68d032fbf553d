import type { Rng } from '@unroll/tensor';
import type { TaggedSentence } from '../sentence.ts';
import { ENDINGS, LEXICON, PATTERNS, TAGS } from './lexicon.ts';

/** The share of open places that get a word that nobody has seen before. */
const INVENTED = 0.06;

/**
 * Sentences of plain English with the parts of speech of Universal Dependencies, made from patterns. Many of their words (saw, can, light,
 * that) belong to several classes, and often only what follows tells to which.
 */
export function englishSentences(count: number, rng: Rng): readonly TaggedSentence[] {
  return Array.from({ length: count }, () => sentence(one(PATTERNS, rng), rng));
}

/** Training, validation and test sentences; no sentence of one is in another. */
export function englishCorpus({
  rng,
  train,
  validation,
  test,
}: {
  readonly rng: Rng;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}): { readonly [part in 'train' | 'validation' | 'test']: readonly TaggedSentence[] } {
  const seen = new Map<string, TaggedSentence>();
  while (seen.size < train + validation + test) {
    for (const each of englishSentences(256, rng)) seen.set(each.words.join(' '), each);
  }
  const all = [...seen.values()];
  return {
    train: all.slice(0, train),
    validation: all.slice(train, train + validation),
    test: all.slice(train + validation, train + validation + test),
  };
}

function sentence(pattern: string, rng: Rng): TaggedSentence {
  const places = pattern.split(' ').map((place) => {
    const [word, tag] = place.split('/');
    return tag === undefined ? { word: wordOf(place, rng), tag: TAGS[place]! } : { word: word!, tag };
  });
  return {
    words: places.map(({ word }, i) => (i === 0 ? word[0]!.toUpperCase() + word.slice(1) : word)),
    tags: places.map(({ tag }) => tag),
  };
}

function wordOf(list: string, rng: Rng): string {
  const endings = ENDINGS[list];
  if (!endings || rng.next() >= INVENTED) return one(LEXICON[list]!, rng);
  const stem = Array.from({ length: 1 + rng.integer(2) }, () => one('bdfgklmnprstv', rng) + one('aeiou', rng)).join('');
  const word = stem + one('lmnrst', rng) + one(endings, rng);
  return list === 'P' ? word[0]!.toUpperCase() + word.slice(1) : word;
}

function one<T>(items: ArrayLike<T>, rng: Rng): T {
  return items[rng.integer(items.length)]!;
}
