import { collect } from '@unroll/data';
import { describe, expect, it } from 'vitest';
import { shortLines } from './short-lines.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<string, void, undefined> {
  for (let start = 0; start < text.length; start += size) yield text.slice(start, start + size);
}

async function linesOf(text: string, size: number): Promise<readonly string[]> {
  return (await collect(shortLines(inPieces(text, size), {}))).flat();
}

describe('lines', () => {
  it.each([1, 2, 3, 7, 1000])('are those of the text, whatever the pieces of the source: %i', async (size) => {
    const text = 'one\r\n\ntwo\nthree\r\n';
    expect(await linesOf(text, size)).toEqual(['one', '', 'two', 'three']);
  });

  it('come as soon as they are whole', async () => {
    const lines = shortLines(inPieces('one\ntwo\nth', 4), {});
    expect((await lines.next()).value).toEqual(['one']);
    expect((await lines.next()).value).toEqual(['two']);
    expect((await lines.next()).value).toEqual(['th']);
  });

  it.each([
    ['after a sentence', 'It is so. ', 65_530],
    ['between words', 'word ', 65_535],
    ['anywhere, where there is nothing', 'x', 65_536],
    ['but not within a character', '😀x', 65_535],
  ])('without an end are cut %s, and nothing is lost', async (_, unit, length) => {
    const text = unit.repeat(200_000 / unit.length);
    for (const size of [10_000, 150_000, 1_000_000]) {
      const lines = await linesOf(text, size);
      expect(lines.join('')).toBe(text);
      expect(lines.length).toBeGreaterThan(2);
      expect(lines[0]!.length).toBe(length);
      for (const line of lines) expect(() => encodeURIComponent(line)).not.toThrow();
    }
  });
});
