import { Parameter, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { bowl } from '../test/bowl.ts';
import { DivergenceError, type FitEvent, fit, loadCheckpoint, memoryStore } from './index.ts';
import { Sgd } from '@unroll/optim';

/** What a run tells, and the error that ends it. */
async function ending(
  run: AsyncGenerator<FitEvent, unknown, undefined>,
): Promise<{ events: FitEvent[]; error: DivergenceError }> {
  const events: FitEvent[] = [];
  try {
    for await (const event of run) events.push(event);
  } catch (error) {
    if (error instanceof DivergenceError) return { events, error };
    throw error;
  }
  throw new Error('the run did not fail');
}

describe('a run that goes wrong', () => {
  it('says which parameter, which step and what to try: in an event, then in an error', async () => {
    const run = bowl({ loss: (_, { step }) => ({ loss: run.model.w.value.sum().mul(step === 2 ? NaN : 1) }) });
    const { events, error } = await ending(fit(run));
    expect(error).toMatchObject({ code: 'NON_FINITE', step: 3, parameter: 'w' });
    expect(error.remedies.join(' ')).toMatch(/smaller learning rate, or clipNorm.*NaN in the data/);
    expect(events.at(-1)).toEqual({
      type: 'alarm',
      step: 3,
      code: 'NON_FINITE',
      parameter: 'w',
      message: error.message,
    });
  });

  it('is stopped by its guard when the loss is a multiple of the first, before the step is taken', async () => {
    // At the rate 3 each step doubles w: the loss is 8, 32, 128.
    const diverging = (): ReturnType<typeof bowl> => {
      const run = bowl({ steps: 9, guard: { lossFactor: 5 } });
      return { ...run, optimizer: new Sgd({ parameters: [run.model.w], learningRate: 3 }) };
    };
    const run = diverging();
    const { events, error } = await ending(fit(run));
    expect(error).toMatchObject({ code: 'DIVERGED', step: 3, parameter: 'w' });
    expect(error.message).toMatch(
      /the loss is 128.0, more than 5 times that of the first batch, 8.000; .* of w\..*Give clipNorm/,
    );
    expect(events.at(-1)).toMatchObject({ type: 'alarm', code: 'DIVERGED' });
    expect(run.model.w.value.item()).toBe(16);

    const store = memoryStore();
    const first = diverging();
    for await (const event of fit({ ...first, steps: 1, checkpoints: { every: 1, store } }))
      expect(event.type).not.toBe('alarm');
    const resumed = { ...diverging(), resume: await loadCheckpoint(store) };
    expect((await ending(fit(resumed))).error.message).toBe(error.message);
  });

  it('is stopped by its guard when the gradients are too large, naming the largest', async () => {
    const model = { small: new Parameter(tensor([1])), large: new Parameter(tensor([1])) };
    const run = {
      ...bowl({ guard: { gradientNorm: 50 }, clipNorm: 1 }),
      model,
      optimizer: new Sgd({ parameters: [model.small, model.large], learningRate: 1 }),
      loss: () => ({ loss: model.small.value.add(model.large.value.mul(100)).sum() }),
    };
    const { error } = await ending(fit(run));
    expect(error).toMatchObject({ code: 'DIVERGED', step: 1, parameter: 'large' });
    expect(error.message).toMatch(/norm of the gradients is 100.0, the guard allows 50.*smaller clipNorm/);
  });

  it('is not stopped by a guard that allows it', async () => {
    for await (const event of fit(bowl({ guard: { lossFactor: 3, gradientNorm: 5 } })))
      expect(event.type).not.toBe('alarm');
    expect(() => fit(bowl({ guard: { lossFactor: 1 } }))).toThrow('guard.lossFactor is 1; it must be above 1');
    expect(() => fit(bowl({ guard: { gradientNorm: 0 } }))).toThrow('guard.gradientNorm is 0; it must be above 0');
  });
});
