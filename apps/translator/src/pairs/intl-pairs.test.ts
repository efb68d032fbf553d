import { Rng } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { intlPairs } from './intl-pairs.ts';
import { KINDS } from './kinds.ts';
import { type Part, partOf } from './pair.ts';

const PARTS: readonly Part[] = ['train', 'validation', 'test'];

describe('intlPairs', () => {
  it('repeats no source and no target, within a part or among parts', () => {
    const parts = intlPairs({ from: 'en', to: 'fr', count: 3000 });
    const all = PARTS.flatMap((part) => parts[part]);
    expect(all).toHaveLength(3000);
    expect(new Set(all.map(({ source }) => source)).size).toBe(3000);
    expect(new Set(all.map(({ target }) => target)).size).toBe(3000);
  });

  it('keeps a source in its part, whatever the seed and the number of pairs', () => {
    const one = intlPairs({ from: 'en', to: 'fr', count: 2000, seed: 1 });
    const other = intlPairs({ from: 'en', to: 'fr', count: 500, seed: 2 });
    const test = new Set(one.test.map(({ source }) => source));
    expect(other.train.some(({ source }) => test.has(source))).toBe(false);
    for (const part of PARTS) expect(one[part].every(({ source }) => partOf(source) === part)).toBe(true);
  });

  it('gives about a twentieth each to validation and test', () => {
    const { train, validation, test } = intlPairs({ from: 'en', to: 'fr', count: 4000 });
    expect(train.length).toBeGreaterThan(3500);
    for (const part of [validation, test]) {
      expect(part.length).toBeGreaterThan(140);
      expect(part.length).toBeLessThan(260);
    }
  });

  it('is the same for the same seed, and another for another', () => {
    const of = (seed: number): object => intlPairs({ from: 'de', to: 'ja', count: 300, seed });
    expect(of(1)).toEqual(of(1));
    expect(of(2)).not.toEqual(of(1));
  });

  it('says things as the languages do', () => {
    const { train } = intlPairs({ from: 'en', to: 'fr', count: 2000, kinds: ['relativeTime'] });
    expect(train).toContainEqual({ source: 'in 5 days', target: 'dans 5 jours' });
  });

  it('draws of every kind, in every one of some languages', () => {
    for (const draw of Object.values(KINDS)) {
      for (const locale of ['en', 'fr', 'de', 'ja', 'ar', 'hi', 'pt-BR']) {
        const rng = new Rng(3);
        for (let i = 0; i < 20; i++) expect(draw(rng, 'en')(locale)).not.toBe('');
      }
    }
  });

  it('means one thing by a source', () => {
    const { train } = intlPairs({ from: 'zh', to: 'en', count: 3000, kinds: ['date'] });
    // Chinese writes long and medium dates alike; English would have "Sep 3" for some.
    const days = train.filter(({ source }) => /^\d+年\d+月\d+日$/u.test(source));
    expect(days.length).toBeGreaterThan(300);
    expect(
      days.every(({ target }) =>
        /^(January|February|March|April|May|June|July|August|September|October|November|December) /u.test(target),
      ),
    ).toBe(true);
  });

  it.each([
    ['tlh', 'en', 'no data of the language tlh'],
    ['en', 'not a tag', 'is no language tag'],
    ['en', 'EN', 'Both languages are en'],
  ])('refuses %s to %s', (from, to, message) => {
    expect(() => intlPairs({ from, to, count: 10 })).toThrow(message);
  });

  it('ends where there is nothing new to draw', () => {
    expect(() => intlPairs({ from: 'en', to: 'fr', count: 20_000, kinds: ['displayName'] })).toThrow('Ask for fewer');
  });
});
