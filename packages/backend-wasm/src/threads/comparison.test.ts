import { describe, expect, it } from 'vitest';
import { Comparison } from './comparison.ts';
import type { Part } from './threads.ts';

const kernel = (): number => 0;
const another = (): number => 1;
let address = 2 ** 20;

/** A job of two parts, which lies elsewhere than all before, and whose last number is another one. */
function job(size: number, of: typeof kernel = kernel): readonly Part[] {
  return [0, 1].map(() => [{ kernel: of, values: [(address += 64), size, 1 / address] }]);
}

/** How many of these jobs the comparison takes until its first way is done, or it is at its end. */
function notes(comparison: Comparison, parts: (i: number) => readonly Part[], time: (i: number) => number): number {
  const before = comparison.isSecond;
  for (let i = 0; i < 1e4; i++) {
    const isDone = comparison.note(parts(i), time(i));
    if (isDone || comparison.isSecond !== before) return i + 1;
  }
  throw new Error('comes to no end');
}

describe('Comparison', () => {
  it('takes jobs of half a second in either way, and tells how long the second took for those of the first', () => {
    const comparison = new Comparison();
    expect(
      notes(
        comparison,
        () => job(1),
        () => 2,
      ),
    ).toBe(250);
    expect(comparison.isSecond).toBe(true);
    expect(
      notes(
        comparison,
        () => job(1),
        () => 3,
      ),
    ).toBe(167);
    expect(comparison.ratio).toBeCloseTo(1.5);
    expect(comparison.time).toEqual([500, 501]);
  });

  it('takes ten jobs, however long they are', () => {
    const comparison = new Comparison();
    const jobs = (): number =>
      notes(
        comparison,
        () => job(1),
        () => 1000,
      );
    expect([jobs(), jobs()]).toEqual([10, 10]);
  });

  it.each<readonly [by: string, other: () => readonly Part[]]>([
    ['size', () => job(10)],
    ['kernel', () => job(1, another)],
    ['size that no value says', () => job(1).map(([call]) => [{ ...call!, size: 9 }])],
    ['size of a later call', () => job(1).map(([call]) => [call!, { ...call!, values: [9] }])],
    ['number of calls', () => job(1).map(([call]) => [call!, { ...call!, values: [] }])],
  ])('compares jobs of a kind: told apart by %s', (_, other) => {
    const comparison = new Comparison();
    const parts = (every: number) => (i: number) => (i % every === 0 ? other() : job(1));
    const time = (every: number, factor: number) => (i: number) => (i % every === 0 ? 20 : 1) * factor;
    notes(comparison, parts(2), time(2, 1));
    notes(comparison, parts(7), time(7, 1.25));
    expect(comparison.ratio).toBeCloseTo(1.25);
  });

  it('goes on until what took half of the time has come again', () => {
    const comparison = new Comparison();
    // Four kinds, of which each takes a quarter.
    notes(
      comparison,
      (i) => job(i % 4),
      () => 1,
    );
    const second = notes(
      comparison,
      (i) => (i < 700 ? job(0) : job(1)),
      () => 2,
    );
    expect(second).toBe(701);
    expect(comparison.ratio).toBeCloseTo(2);
  });

  it('ends without a result where jobs do not come again, before the second way has taken much longer than the first', () => {
    const comparison = new Comparison();
    notes(comparison, job, () => 5);
    const second = notes(
      comparison,
      (i) => job(1000 + i),
      () => 5,
    );
    expect(second).toBe(400);
    expect(comparison.ratio).toBeUndefined();
  });
});
