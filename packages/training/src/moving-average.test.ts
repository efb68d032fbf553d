import { decodeCheckpoint } from './index.ts';
import { stateDict } from '@unroll/io';
import { Parameter, tensor } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bowl } from '../test/bowl.ts';
import { collect } from '../test/collect.ts';
import { MovingAverage, fit, loadCheckpoint, memoryStore } from './index.ts';

const float64 = { dtype: 'float64' } as const;

describe('an average of weights', () => {
  it('with n/(n + 1) is the mean of what it has seen, with a constant the exponential one', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 9 }), (values) => {
        const w = new Parameter(tensor([7], float64));
        const mean = new MovingAverage({ parameters: [w], decay: (n) => n / (n + 1) });
        const exponential = new MovingAverage({ parameters: [w], decay: 0.75 });
        let expected = 7;
        for (const value of values) {
          w.value = tensor([value], float64);
          mean.update();
          exponential.update();
          expected = 0.75 * expected + 0.25 * value;
        }
        expect(mean.values.get(w)!.item()).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 10);
        expect(exponential.values.get(w)!.item()).toBeCloseTo(expected, 10);
        expect(w.value.item()).toBe(values.at(-1));
      }),
    );
  });

  it('stands in for the weights inside `with`, and nowhere else', async () => {
    const model = { w: new Parameter(tensor([1])) };
    const average = new MovingAverage({ parameters: [model.w], decay: 0.5 });
    model.w.value = tensor([3]);
    average.update();
    expect(average.with(() => model.w.value.item())).toBe(2);
    expect((await average.with(() => stateDict(model))).get('w')?.data).toEqual(Float32Array.of(2));
    expect(model.w.value.item()).toBe(3);
    average.assign();
    expect(model.w.value.item()).toBe(2);
    average.dispose();
    expect(model.w.value.item()).toBe(2);
  });

  it('is taken after each step of a run, and saved with it', async () => {
    const run = bowl({ checkpoints: { every: 1, store: memoryStore() } });
    const average = new MovingAverage({ parameters: [run.model.w], decay: 0.5 });
    await collect(fit({ ...run, average }));
    // w is 4, 2, 1, 0.5.
    expect(average.values.get(run.model.w)!.item()).toBe(0.5 * (0.5 * (0.5 * 4 + 0.5 * 2) + 0.5 * 1) + 0.5 * 0.5);
    const saved = decodeCheckpoint((await run.checkpoints!.store.load('last'))!).average!;
    expect(saved).toEqual(await average.state());
    const other = new MovingAverage({ parameters: [run.model.w], decay: 0.5 });
    await collect(
      fit({
        ...bowl(),
        model: run.model,
        optimizer: run.optimizer,
        average: other,
        resume: await loadCheckpoint(run.checkpoints!.store),
      }),
    );
    expect(await other.state()).toEqual(saved);
  });

  it('starts at the weights of a checkpoint that has none', async () => {
    const run = bowl({ checkpoints: { every: 1, store: memoryStore() } });
    await collect(fit(run));
    const again = bowl({ resume: await loadCheckpoint(run.checkpoints!.store) });
    const average = new MovingAverage({ parameters: [again.model.w], decay: 0.9 });
    await collect(fit({ ...again, average }));
    expect(average.updates).toBe(0);
    expect(average.values.get(again.model.w)!.item()).toBe(0.5);
  });

  it('refuses a decay that is none, a state of other parameters, and parameters of another model', async () => {
    const w = new Parameter(tensor([1]));
    expect(() => new MovingAverage({ parameters: [w], decay: 1.1 })).toThrow('the decay is 1.1');
    const average = new MovingAverage({ parameters: [w], decay: 0.9 });
    const state = await new MovingAverage({ parameters: [new Parameter(tensor([1, 2]))], decay: 0.9 }).state();
    expect(() => average.restore(state)).toThrow(expect.objectContaining({ code: 'STATE_MISMATCH' }));
    expect(average.values.get(w)!.item()).toBe(1);
    expect(() => fit({ ...bowl(), average })).toThrow(/the average has a parameter that the model has not/);
  });
});
