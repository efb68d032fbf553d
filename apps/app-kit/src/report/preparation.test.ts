import { describe, expect, it } from 'vitest';
import { Recorded } from '../testing.ts';
import { Preparation } from './preparation.ts';

/** Goes through so many items, each of which takes so long. */
async function said(
  items: number,
  seconds: number,
  { isTTY, total }: { readonly isTTY: boolean; readonly total?: number },
): Promise<string> {
  const output = new Recorded({ isTTY });
  let now = 0;
  const preparation = new Preparation(output, () => now);
  const numbers = Array.from({ length: items }, (_, i) => i);
  const seen: number[] = [];
  for await (const number of preparation.through(numbers, {
    what: 'Reading',
    ...(total === undefined ? {} : { total }),
  })) {
    seen.push(number);
    now += seconds;
  }
  expect(seen).toEqual(numbers);
  return output.text;
}

describe('what takes long before a run', () => {
  it('is told in a line now and then', async () => {
    expect(await said(2560, 0.01, { isTTY: false })).toBe('Reading: 256\nReading: 1,280\nReading: 2,304\n');
    expect(await said(1024, 0.01, { isTTY: false, total: 1024 })).toBe('Reading: 256 of 1,024\n');
  });

  it('is told in one line of a terminal, which is gone afterwards', async () => {
    expect(await said(600, 0.01, { isTTY: true, total: 600 })).toBe(
      '\rReading: 256 of 600\rReading: 512 of 600\r\u001B[K',
    );
  });

  it('is not told if it is quick', async () => {
    for (const isTTY of [false, true]) expect(await said(5000, 1e-4, { isTTY })).toBe('');
  });

  it('leaves no line behind where it is ended early, by its reader or by an error', async () => {
    const output = new Recorded({ isTTY: true });
    let now = 0;
    const preparation = new Preparation(output, () => now++);
    function* numbers(): Generator<number, void, undefined> {
      for (let i = 0; i < 1000; i++) yield i;
      throw new Error('broken');
    }
    for await (const number of preparation.through(numbers(), { what: 'Reading' })) if (number === 900) break;
    expect(output.text.endsWith('768\r\u001B[K')).toBe(true);
    const all = async (): Promise<void> => {
      for await (const _ of preparation.through(numbers(), { what: 'Reading' }));
    };
    await expect(all()).rejects.toThrow('broken');
    expect(output.text.endsWith('\r\u001B[K')).toBe(true);
  });
});
