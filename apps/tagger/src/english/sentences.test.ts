import { Rng } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { LEXICON, PATTERNS, TAGS } from './lexicon.ts';
import { englishCorpus, englishSentences } from './sentences.ts';

describe('English sentences', () => {
  it('have a tag for each word, and are the same with the same seed', () => {
    const sentences = englishSentences(300, new Rng(3));
    for (const { words, tags } of sentences) {
      expect(words).toHaveLength(tags.length);
      expect(words[0]).toMatch(/^[A-Z]/);
      for (const each of [...words, ...tags]) expect(each).toMatch(/^\S+$/);
    }
    expect(englishSentences(300, new Rng(3))).toEqual(sentences);
    expect(englishSentences(300, new Rng(4))).not.toEqual(sentences);
  });

  it('name only lists that there are', () => {
    const lists = PATTERNS.flatMap((pattern) => pattern.split(' ')).filter((place) => !place.includes('/'));
    for (const list of lists) expect([list in LEXICON, list in TAGS]).toEqual([true, true]);
  });

  it.each(['saw', 'can', 'light', 'that', 'fish'])('have %s in several classes', (word) => {
    const classes = englishSentences(3000, new Rng(1)).flatMap(({ words, tags }) =>
      tags.filter((_, i) => words[i]!.toLowerCase() === word),
    );
    expect(new Set(classes).size).toBeGreaterThan(1);
  });

  it('are in one part of the corpus alone', () => {
    const { train, validation, test } = englishCorpus({ rng: new Rng(1), train: 500, validation: 100, test: 100 });
    const all = [...train, ...validation, ...test].map(({ words }) => words.join(' '));
    expect(all).toHaveLength(700);
    expect(new Set(all).size).toBe(700);
  });
});
