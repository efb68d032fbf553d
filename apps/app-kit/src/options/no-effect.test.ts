import { describe, expect, it } from 'vitest';
import { type Given, type Source, givenBy } from './given.ts';
import { choice, flag, integer, path } from './kinds.ts';
import { ANY, type Alternatives, type NoEffect, withoutReplaced } from './no-effect.ts';
import { readOptions } from './read.ts';

const options = {
  vectors: path({ hint: 'file', help: '' }),
  'vector-words': integer({ hint: 'n', help: '', min: 0, fallback: '20' }),
  backend: choice({ words: ['wasm', 'cpu'], help: '', fallback: 'wasm' }),
  threads: integer({ hint: 'n', help: '', min: 1, fallback: '1' }),
  fast: flag(''),
};

interface Values {
  readonly vectors: string | undefined;
  readonly 'vector-words': number;
  readonly backend: 'wasm' | 'cpu';
  readonly threads: number;
  readonly fast: boolean;
}

const noEffect: readonly NoEffect<Values>[] = [
  { options: ['vector-words'], where: { vectors: undefined } },
  { options: ['threads'], where: { backend: 'cpu' } },
  { options: ['fast'], where: { backend: 'wasm', vectors: ANY } },
];

const place: Source = { file: 'settings.jsonc', line: 3, column: 5 };
const read = (given: Given): Values => readOptions<Values>(options, given, noEffect);

describe('options without effect', () => {
  it.each([
    [{ 'vector-words': '5' }, '--vector-words has no effect without --vectors. Leave it out.'],
    [{ threads: '2', backend: 'cpu' }, '--threads has no effect where --backend is cpu. Leave it out.'],
    [{ fast: 'true', vectors: 'a' }, '--fast has no effect where --backend is wasm and with --vectors. Leave it out.'],
  ])('refuses %j', (texts, message) => {
    expect(() => read(givenBy(texts))).toThrow(message);
  });

  it('takes them where they have one, and flags that ask for nothing', () => {
    expect(read(givenBy({ 'vector-words': '5', vectors: 'a', threads: '2', fast: 'false' }))).toMatchObject({
      'vector-words': 5,
      threads: 2,
    });
  });

  it('tells the place in a settings file', () => {
    expect(() => read(givenBy({ 'vector-words': '5' }, place))).toThrow(
      'settings.jsonc:3:5: "vector-words" has no effect without "vectors". Leave it out.',
    );
  });

  it('lets the command line make those of a file needless', () => {
    const given = { ...givenBy({ threads: '2' }, place), ...givenBy({ backend: 'cpu' }) };
    expect(read(given)).toMatchObject({ threads: 2, backend: 'cpu' });
    expect(() => read({ ...givenBy({ backend: 'cpu' }, place), ...givenBy({ threads: '2' }) })).toThrow('--threads');
  });

  it('takes what a run has from its beginning', () => {
    expect(read(givenBy({ 'vector-words': '20', backend: 'cpu', threads: '1' }, 'run'))).toMatchObject({ threads: 1 });
  });
});

describe('alternatives', () => {
  const alternatives: readonly Alternatives[] = [{ option: 'compare', others: ['cell', 'fast'], why: 'Choose one.' }];
  const kept = (given: Given): readonly string[] => Object.keys(withoutReplaced(given, alternatives));

  it('replaces that of a file by that of the command line, both ways round', () => {
    const [compare, cell] = [{ compare: 'a,b' }, { cell: 'a' }];
    expect(kept({ ...givenBy(compare), ...givenBy(cell, place) })).toEqual(['compare']);
    expect(kept({ ...givenBy(compare, place), ...givenBy(cell) })).toEqual(['cell']);
  });

  it('refuses two of one place', () => {
    expect(() => kept(givenBy({ compare: 'a,b', cell: 'a' }))).toThrow(
      'Both --compare and --cell are given. Choose one.',
    );
    expect(() => kept(givenBy({ compare: 'a,b', cell: 'a' }, place))).toThrow(
      'settings.jsonc:3:5: Both "compare" and "cell" are given. Choose one.',
    );
  });

  it('leaves all others, and flags that are false', () => {
    expect(kept(givenBy({ compare: 'a,b', fast: 'false', seed: '1' }))).toEqual(['compare', 'fast', 'seed']);
    expect(kept(givenBy({ cell: 'a', fast: 'true' }))).toEqual(['cell', 'fast']);
  });
});
