import { Sgd } from '@unroll/optim';
import { Parameter, parametersOf, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { bowl, failure } from '../test/bowl.ts';
import { collect, stepsOf } from '../test/collect.ts';
import { fit, loadCheckpoint, memoryStore } from './index.ts';

describe('a number that is not finite', () => {
  const diverging = (at: number, value: number): ReturnType<typeof bowl> => {
    const run = bowl({
      steps: 9,
      checkpoints: { every: 1, store: memoryStore() },
      loss: (_, { step }) => ({ loss: run.model.w.value.sum().mul(step === at ? value : 1) }),
    });
    return run;
  };

  it('stops the run, before the step is taken, with the step and the parameter in the message', async () => {
    const run = diverging(3, NaN);
    const error = await failure(fit(run));
    expect(error.code).toBe('NON_FINITE');
    expect(error.message).toMatch(
      /step 4 was not taken: the loss is NaN: the gradient of w has NaN.*as step 3 left it/,
    );
    expect(run.model.w.value.item()).toBe(2.5);
    expect(run.optimizer!.stepsTaken).toBe(3);
    expect((await loadCheckpoint(run.checkpoints!.store))?.step).toBe(3);
  });

  it('is found in a gradient under a finite loss', async () => {
    const run = bowl();
    run.model.w.value = tensor([0], { dtype: 'float64' });
    // The slope of a square root at 0 is infinite.
    const error = await failure(fit({ ...run, loss: () => ({ loss: run.model.w.value.sqrt().sum() }) }));
    expect(error.message).toMatch(
      /step 1 .* the loss is finite, its gradient is not: the gradient of w has an infinity/,
    );
  });

  it('is told from a parameter that was so before', async () => {
    const run = bowl();
    run.model.w.value = tensor([NaN], { dtype: 'float64' });
    expect((await failure(fit(run))).message).toMatch(/the loss is NaN: the parameter w has NaN/);
  });

  it('may also come from a validation', async () => {
    const error = await failure(fit(bowl({ validation: { every: 2, run: () => NaN } })));
    expect(error.code).toBe('NON_FINITE');
    expect(error.message).toMatch(/validation after step 2 gave NaN/);
  });

  it('is no norm that only overflows as a square: such gradients are clipped', async () => {
    const model = { w: new Parameter(tensor([0, 0])) };
    const run = {
      ...bowl({ clipNorm: 5, steps: 1 }),
      model,
      optimizer: new Sgd({ parameters: parametersOf(model), learningRate: 1 }),
      loss: () => ({ loss: model.w.value.mul(tensor([3e30, -4e30])).sum() }),
    };
    const [step] = stepsOf(await collect(fit(run)));
    expect(step!.gradientNorm / 5e30).toBeCloseTo(1, 6);
    expect([...model.w.value.dataSync()]).toEqual([expect.closeTo(-3, 5), expect.closeTo(4, 5)]);
  });
});
