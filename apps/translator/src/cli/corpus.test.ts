import { expect, it } from 'vitest';
import { corpusOf } from './corpus.ts';

it('names its files and columns so that a shell takes them as they were', () => {
  const corpus = corpusOf({ corpus: 'my pairs.tsv', columns: 'source, target', source: undefined, target: undefined });
  expect(corpus?.arguments).toEqual(["'my pairs.tsv'", '--columns', "'source, target'"]);
});
