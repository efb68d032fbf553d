import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosineDecay, cosineRestarts, cosineWave } from './cosine.ts';
import { exponentialDecay, multiStepDecay, polynomialDecay, stepDecay } from './decay.ts';
import { oneCycle } from './one-cycle.ts';
import { PlateauSchedule } from './plateau.ts';
import { type Schedule, constantRate, sequence } from './schedule.ts';
import { inverseSquareRoot, linearRamp, warmup } from './warmup.ts';

const initial = 0.5;
const steps = 20;
const decays: Readonly<Record<string, Schedule>> = {
  constantRate: constantRate(initial),
  stepDecay: stepDecay({ initial, every: 7 }),
  multiStepDecay: multiStepDecay({ initial, milestones: [2, 5, 9] }),
  exponentialDecay: exponentialDecay({ initial, factor: 0.9 }),
  polynomialDecay: polynomialDecay({ initial, final: 0.1, steps, power: 3 }),
  cosineDecay: cosineDecay({ initial, final: 0.1, steps }),
  linearRamp: linearRamp({ from: initial, to: 0.1, steps }),
};

describe('schedules', () => {
  it.each(Object.entries(decays))('%s: starts at its first rate and never rises', (_, schedule) => {
    expect(schedule(0)).toBeCloseTo(initial, 12);
    for (let step = 1; step < 60; step++) expect(schedule(step)).toBeLessThanOrEqual(schedule(step - 1));
  });

  it('stay at their last rate', () => {
    for (const name of ['polynomialDecay', 'cosineDecay', 'linearRamp'])
      expect(decays[name]!(1e6)).toBeCloseTo(0.1, 12);
    const cycle = oneCycle({ peak: 1, steps });
    expect(cycle(1e6)).toBe(cycle(steps - 1));
  });

  it('cosine: decay, wave and restarts are one curve until it is down', () => {
    const options = { initial, final: 0.1, steps };
    for (let step = 0; step < steps; step++) {
      expect(cosineWave(options)(step)).toBe(cosineDecay(options)(step));
      expect(cosineRestarts(options)(step)).toBe(cosineDecay(options)(step));
      expect(cosineRestarts(options)(step + 3 * steps)).toBeCloseTo(cosineDecay(options)(step), 12);
      expect(cosineRestarts({ ...options, stretch: 2 })(steps + 2 * step)).toBeCloseTo(cosineDecay(options)(step), 12);
    }
  });

  it('oneCycle: rises to its peak once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 200 }), (length) => {
        const cycle = oneCycle({ peak: 1, steps: length });
        const rates = Array.from({ length }, (_, step) => cycle(step));
        const top = rates.indexOf(Math.max(...rates));
        for (let i = 1; i < length; i++) expect(rates[i]! > rates[i - 1]!).toBe(i <= top);
        expect(rates[0]).toBeCloseTo(1 / 25, 12);
        expect(rates[length - 1]).toBeCloseTo(1 / 25e4, 12);
      }),
    );
  });

  it('warmup: rises in equal steps to the schedule behind it', () => {
    const schedule = warmup(4, exponentialDecay({ initial: 1, factor: 0.5 }));
    const expected = [0.2, 0.4, 0.6, 0.8, 1, 0.5, 0.25];
    for (const [step, rate] of expected.entries()) expect(schedule(step)).toBeCloseTo(rate, 12);
    expect(warmup(0, constantRate(1))(0)).toBe(1);
  });

  it('inverseSquareRoot: has its peak at the last warm-up step', () => {
    const schedule = inverseSquareRoot({ peak: 2, warmupSteps: 10 });
    expect(schedule(9)).toBe(2);
    expect(schedule(0)).toBeCloseTo(0.2, 12);
    expect(schedule(39)).toBeCloseTo(1, 12);
  });

  it('sequence: counts every part from 0', () => {
    const count: Schedule = (step) => step;
    const schedule = sequence(
      [
        { steps: 2, schedule: count },
        { steps: 0, schedule: count },
        { steps: 3, schedule: count },
      ],
      count,
    );
    expect(Array.from({ length: 8 }, (_, step) => schedule(step))).toEqual([0, 1, 0, 1, 2, 0, 1, 2]);
  });

  it('name what is forgotten', () => {
    // @ts-expect-error what JavaScript users may forget
    expect(() => sequence([])).toThrow('sequence: last is missing');
    // @ts-expect-error what JavaScript users may forget
    expect(() => constantRate()).toThrow('constantRate: rate is missing');
  });

  it('refuse lengths that make no sense', () => {
    for (const make of [
      () => cosineDecay({ initial, steps: 0 }),
      () => linearRamp({ to: 1, steps: NaN }),
      () => oneCycle({ peak: 1, steps: -1 }),
      () => warmup(-1, constantRate(1)),
    ]) {
      expect(make).toThrow('steps. Give');
    }
  });
});

describe('PlateauSchedule', () => {
  it('lowers the rate only after more than `patience` observations without improvement, down to the minimum', () => {
    const plateau = new PlateauSchedule({ learningRate: 1, factor: 0.5, patience: 1, minimum: 0.3, mode: 'max' });
    expect([0.5, 0.6, 0.6, 0.6, 0.6, NaN, 0.6, 0.6].map((x) => plateau.observe(x))).toEqual([
      1, 1, 1, 0.5, 0.5, 0.3, 0.3, 0.3,
    ]);
  });

  it('counts a better negative number as better', () => {
    const plateau = new PlateauSchedule({ learningRate: 1, patience: 0 });
    expect([-1, -1.5, -2].map((x) => plateau.observe(x))).toEqual([1, 1, 1]);
    expect(plateau.observe(-2)).toBe(0.1);
  });

  it('goes on from a saved state as if never stopped', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 30 }), fc.nat(30), (metrics, cut) => {
        const options = { learningRate: 1, patience: 2, cooldown: 1, factor: 0.9 };
        const whole = new PlateauSchedule(options);
        const expected = metrics.map((x) => whole.observe(x));
        const first = new PlateauSchedule(options);
        const before = metrics.slice(0, cut).map((x) => first.observe(x));
        const second = new PlateauSchedule(options);
        second.restore(JSON.parse(JSON.stringify(first.state())));
        expect([...before, ...metrics.slice(cut).map((x) => second.observe(x))]).toEqual(expected);
      }),
    );
  });

  it('refuses a factor that does not lower the rate', () => {
    expect(() => new PlateauSchedule({ learningRate: 1, factor: 1 })).toThrow('factor is 1');
  });
});
