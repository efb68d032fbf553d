import { expect, it } from 'vitest';
import { untrained } from '../../test/models.ts';
import { Unknowns } from './unknowns.ts';

it('unknown tokens are shown without the space in front of them, and a space alone as one', () => {
  const unknowns = new Unknowns({ ...untrained().source, unknownsOf: () => [' abc', ' ', 'abc', '\t'] });
  unknowns.take('any text');
  expect(unknowns.message()).toBe(String.raw`The model does not know "abc", " ", "\t". It reads them as unknown.`);
});
