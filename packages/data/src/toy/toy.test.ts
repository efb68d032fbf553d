import { Rng } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { TOY_TOKENS, anbn, copyTask, reverseTask } from '../index.ts';

function take<Item>(items: Iterator<Item>, count: number): Item[] {
  return Array.from({ length: count }, () => items.next().value as Item);
}

describe('anbn', () => {
  it('words are start, n times a, n times b, end, for every n of the range', () => {
    const words = take(anbn({ rng: new Rng(1), min: 2, max: 5 }), 100);
    const seen = new Set<number>();
    for (const word of words) {
      const n = (word.length - 2) / 2;
      seen.add(n);
      expect(Array.from(word).join('')).toBe(`1${'3'.repeat(n)}${'4'.repeat(n)}2`);
    }
    expect(seen).toEqual(new Set([2, 3, 4, 5]));
  });

  it('the empty word is start, end', () => {
    expect([...anbn({ rng: new Rng(1), min: 0, max: 0 }).next().value]).toEqual([1, 2]);
  });

  it('refuses a range backwards', () => {
    expect(() => anbn({ rng: new Rng(1), min: 3, max: 2 }).next()).toThrow(/from 3 to 2 are no range/);
  });
});

describe.each([
  ['copyTask', copyTask, (source: number[]) => source],
  ['reverseTask', reverseTask, (source: number[]) => source.toReversed()],
] as const)('%s', (_name, task, answer) => {
  const options = { symbols: 4, minLength: 0, maxLength: 6 };

  it('the target answers the source, and tokens are source, start, target, end', () => {
    for (const { source, target, tokens } of take(task({ ...options, rng: new Rng(2) }), 100)) {
      expect(Array.from(target)).toEqual(answer(Array.from(source)));
      expect(Array.from(tokens)).toEqual([...source, TOY_TOKENS.start, ...target, TOY_TOKENS.end]);
      expect(source.length).toBeLessThanOrEqual(6);
      expect(source.every((id) => id >= TOY_TOKENS.symbol && id < TOY_TOKENS.symbol + 4)).toBe(true);
    }
  });

  it('uses all symbols and lengths, and gives the same examples for the same seed', () => {
    const examples = take(task({ ...options, rng: new Rng(2) }), 200);
    expect(new Set(examples.map(({ source }) => source.length)).size).toBe(7);
    expect(new Set(examples.flatMap(({ source }) => [...source])).size).toBe(4);
    expect(take(task({ ...options, rng: new Rng(2) }), 200)).toEqual(examples);
  });

  it('refuses no symbols', () => {
    expect(() => task({ ...options, symbols: 0, rng: new Rng(2) }).next()).toThrow(/symbols is 0/);
  });
});
