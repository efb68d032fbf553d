import { expect, test } from 'vitest';
import { mutate } from './mutation.ts';

const swap = { mistake: 'difference turned around', file: 'a.ts', edits: [['x - y', 'y - x']] } as const;

test('a mutation replaces the text and leaves the rest', () => {
  expect(mutate('const d = x - y;', swap)).toBe('const d = y - x;');
});

test('a text that is gone, or stands there twice, is an error that names file and mistake', () => {
  expect(() => mutate('const d = x.sub(y);', swap)).toThrow(/turned around.*a\.ts contains this 0 times/);
  expect(() => mutate('x - y; x - y', swap)).toThrow(/2 times/);
});

test('every edit is made, and replacements are taken literally', () => {
  const both = {
    mistake: 'two',
    file: 'a.ts',
    edits: [
      ['a1', '$&'],
      ['b1', '$1'],
    ],
  } as const;
  expect(mutate('a1 b1', both)).toBe('$& $1');
});
