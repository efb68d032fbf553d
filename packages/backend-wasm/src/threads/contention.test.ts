import { describe, expect, it } from 'vitest';
import { Contention } from './contention.ts';

/** Jobs of two parts, of which this thread does one in a millisecond; true once a pause begins. */
function jobs(contention: Contention, count: number, milliseconds: number, ownParts = 1): boolean {
  return Array.from({ length: count }, () => contention.note(milliseconds, 1, ownParts, 2)).includes(true);
}

describe('Contention', () => {
  it('leaves workers alone where they do not help, and tries them again, less and less often', () => {
    let now = 0;
    const contention = new Contention(() => now);
    let pause = 0;
    for (let i = 0; i < 4; i++) {
      expect(contention.isPausing).toBe(false);
      expect(jobs(contention, 237, 2.1)).toBe(false);
      expect(jobs(contention, 2, 2.1)).toBe(true);
      const start = now;
      while (contention.isPausing) now += 10;
      expect(now - start).toBeGreaterThan(1.5 * pause);
      pause = now - start;
    }
  });

  it('does not mind a standstill of 150 ms among quick jobs, in each half of a second', () => {
    const contention = new Contention(() => 0);
    for (let i = 0; i < 10; i++) {
      expect(contention.note(150, 1, 1, 2)).toBe(false);
      expect(jobs(contention, 350, 1.05)).toBe(false);
    }
    expect(contention.isPausing).toBe(false);
  });

  it('looks at several jobs, however long they take', () => {
    const contention = new Contention(() => 0);
    expect(contention.note(5000, 1000, 1, 2)).toBe(false);
    expect(jobs(contention, 48, 2.1)).toBe(false);
    expect(jobs(contention, 1, 2.1)).toBe(true);
  });

  it('learns nothing from jobs that no worker came to, and from short ones', () => {
    const contention = new Contention(() => 0);
    expect(jobs(contention, 200, 1, 2)).toBe(false);
    for (let i = 0; i < 200; i++) expect(contention.note(0.2, 0.01, 1, 2)).toBe(false);
  });
});
