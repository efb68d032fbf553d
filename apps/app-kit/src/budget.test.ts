import { describe, expect, it, vi } from 'vitest';
import { Budget, learningRateAt } from './budget.ts';

describe('Budget', () => {
  it('depends on steps alone where no time is set', () => {
    const budget = new Budget({ steps: 200 });
    budget.start();
    expect([0, 50, 200, 300].map((step) => budget.progress(step))).toEqual([0, 0.25, 1, 1]);
    expect(budget.secondsLeft(50, 0.1)).toBeCloseTo(15);
    expect(budget.isTimeUp).toBe(false);
  });

  it('is used up by steps or time, whichever is first, over all parts of the run', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const budget = new Budget({ steps: 100, seconds: 60, secondsBefore: 15 });
    budget.start();
    expect(budget.progress(10)).toBe(0.25);
    now.mockReturnValue(15_000);
    expect(budget.elapsed).toBe(30);
    expect(budget.progress(10)).toBe(0.5);
    expect(budget.progress(90)).toBe(0.9);
    expect(budget.secondsLeft(90, 1)).toBe(10);
    expect(budget.secondsLeft(10, 1)).toBe(30);
    now.mockReturnValue(45_000);
    expect(budget.isTimeUp).toBe(true);
    expect(budget.progress(10)).toBe(1);
    now.mockRestore();
  });

  it('does not count the time while it is paused', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
    const budget = new Budget({ seconds: 10, secondsBefore: 1 });
    budget.start();
    now.mockReturnValue(3000);
    budget.pause();
    now.mockReturnValue(60_000);
    budget.pause();
    expect(budget.elapsed).toBe(3);
    budget.start();
    now.mockReturnValue(64_000);
    expect([budget.elapsed, budget.isTimeUp]).toEqual([7, false]);
    now.mockRestore();
  });

  it('needs some limit', () => {
    expect(() => new Budget({})).toThrow('without an end');
  });
});

describe('learningRateAt', () => {
  it('rises to its peak and falls to a twentieth of it', () => {
    expect(learningRateAt(0, 1)).toBeCloseTo(0.1);
    expect(learningRateAt(0.02, 1)).toBe(1);
    expect(learningRateAt(1, 1)).toBeCloseTo(0.05);
    const falling = Array.from({ length: 99 }, (_, i) => learningRateAt(0.02 + i / 100, 1));
    expect(falling.every((rate, i) => i === 0 || rate < falling[i - 1]!)).toBe(true);
  });
});
