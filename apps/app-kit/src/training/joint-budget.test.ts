import { describe, expect, it } from 'vitest';
import { Budget } from '../budget.ts';
import { Progress } from '../report/progress.ts';
import { JointBudget } from './joint-budget.ts';

const after = (secondsBefore: number, limits: { readonly steps?: number; readonly seconds?: number }): Budget =>
  new Budget({ ...limits, secondsBefore });

describe('JointBudget', () => {
  it('leaves the minutes of every run, not those of the first', () => {
    const joint = new JointBudget([10, 20, 30].map((elapsed) => after(elapsed, { seconds: 60 })));
    expect(joint.secondsLeft(5)).toBeCloseTo(50 + 40 + 30);
    expect(joint.elapsed).toBe(60);
    expect(joint.progress(5)).toBeCloseTo((10 + 20 + 30) / 180);
    const measure = { unit: 'characters', describe: String, brief: String };
    const progress = new Progress(joint, () => 1, measure);
    progress.takeStep({ type: 'step', step: 5, loss: 1, seconds: 1, gradientNorm: 1, learningRate: 1 });
    expect(progress.secondsLeft).toBeCloseTo(120);
  });

  it('knows that a slower run needs longer for its steps', () => {
    const joint = new JointBudget([after(10, { steps: 20 }), after(30, { steps: 20 })]);
    expect(joint.secondsLeft(10)).toBeCloseTo(10 + 30);
    expect(joint.progress(10)).toBe(0.5);
  });

  it('counts nothing for a run that has ended by the clock', () => {
    const joint = new JointBudget([after(61, { seconds: 60, steps: 100 }), after(20, { seconds: 60, steps: 100 })]);
    expect(joint.secondsLeft(50)).toBeCloseTo(20);
  });

  it('has the limits of each', () => {
    const { steps, seconds } = new JointBudget([
      after(0, { steps: 3, seconds: 5 }),
      after(0, { steps: 3, seconds: 5 }),
    ]);
    expect([steps, seconds]).toEqual([3, 5]);
  });
});
