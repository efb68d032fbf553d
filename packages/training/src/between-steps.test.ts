import { Sgd } from '@unroll/optim';
import { Parameter, parametersOf, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { type Options, bowl, failure } from '../test/bowl.ts';
import { collect } from '../test/collect.ts';
import { fit, loadCheckpoint, memoryStore } from './index.ts';

describe('checkpoints', () => {
  it('keep the lowest validation as best, and where to go on from as last', async () => {
    const losses = [3, 1, 2, 1];
    const store = memoryStore();
    const run = bowl({
      steps: 4,
      validation: { every: 1, run: () => losses.shift()! },
      checkpoints: { every: 1, store },
    });
    const events = await collect(fit(run));
    expect(events.flatMap((event) => (event.type === 'validation' ? [event.best] : []))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect((await loadCheckpoint(store, 'best'))?.step).toBe(2);
    expect((await loadCheckpoint(store))?.step).toBe(4);
    expect(events.at(-1)).toMatchObject({ best: { step: 2, loss: 1 } });
  });

  it('that hold the end already are neither sampled from nor saved again', async () => {
    const store = memoryStore();
    const run = bowl({ sample: { every: 1, run: String }, checkpoints: { every: 1, store } });
    await collect(fit(run));
    const events = await collect(fit({ ...run, resume: await loadCheckpoint(store) }));
    expect(events.map(({ type }) => type)).toEqual(['done']);
  });

  it('carry the strings that the caller wants to keep', async () => {
    const store = memoryStore();
    await collect(fit(bowl({ checkpoints: { every: 1, store, metadata: { config: '{"hidden":4}' } } })));
    expect((await loadCheckpoint(store))?.metadata).toEqual(new Map([['config', '{"hidden":4}']]));
  });

  it('that belong to another model are refused, and nothing is changed', async () => {
    const store = memoryStore();
    await collect(fit(bowl({ checkpoints: { every: 1, store } })));
    const other = { v: new Parameter(tensor([4], { dtype: 'float64' })) };
    const run = {
      ...bowl({ resume: await loadCheckpoint(store) }),
      model: other,
      optimizer: new Sgd({ parameters: parametersOf(other), learningRate: 0.5 }),
    };
    expect((await failure(fit(run))).code).toBe('STATE_MISMATCH');
    expect(other.v.value.item()).toBe(4);
  });
});

describe('early stopping', () => {
  const stopAfter = async (
    losses: readonly number[],
    earlyStopping: NonNullable<Options['earlyStopping']>,
  ): Promise<readonly [number, string]> => {
    let i = 0;
    const events = await collect(
      fit(bowl({ steps: losses.length, validation: { every: 1, run: () => losses[i++]! }, earlyStopping })),
    );
    const done = events.at(-1)!;
    return done.type === 'done' ? [done.step, done.reason] : [0, ''];
  };

  it('ends the run after so many validations in a row without improvement', async () => {
    expect(await stopAfter([5, 4, 4, 3, 3, 3, 3, 3], { patience: 2 })).toEqual([6, 'early-stopping']);
    expect(await stopAfter([5, 4, 3, 2, 1], { patience: 1 })).toEqual([5, 'steps']);
  });

  it('does not count improvements below minDelta', async () => {
    expect(await stopAfter([5, 4.9, 4.8, 4.7, 4.6], { patience: 2, minDelta: 0.15 })).toEqual([5, 'steps']);
    expect(await stopAfter([5, 4.9, 4.8, 4.7, 4.6], { patience: 2, minDelta: 0.25 })).toEqual([3, 'early-stopping']);
  });

  it('saves before it ends the run', async () => {
    const store = memoryStore();
    const run = bowl({
      steps: 9,
      validation: { every: 1, run: () => 1 },
      earlyStopping: { patience: 1 },
      checkpoints: { every: 100, store },
    });
    await collect(fit(run));
    expect((await loadCheckpoint(store))?.step).toBe(2);
  });
});

describe('an aborted run', () => {
  it('finishes its step, saves and says so', async () => {
    const store = memoryStore();
    const controller = new AbortController();
    const run = bowl({ steps: 100, signal: controller.signal, checkpoints: { every: 100, store } });
    const types: string[] = [];
    for await (const event of fit(run)) {
      types.push(event.type);
      if (event.type === 'step' && event.step === 2) controller.abort();
      if (event.type === 'done') expect(event).toMatchObject({ step: 2, reason: 'aborted' });
    }
    expect(types).toEqual(['step', 'step', 'checkpoint', 'done']);
    expect((await loadCheckpoint(store))?.step).toBe(2);
  });

  it('leaves out a validation that is due, and makes up for it when it is resumed', async () => {
    const store = memoryStore();
    const controller = new AbortController();
    const run = bowl({ steps: 4, validation: { every: 2, run: () => 1 }, checkpoints: { every: 1, store } });
    for await (const event of fit({ ...run, signal: controller.signal })) {
      if (event.type === 'step' && event.step === 2) controller.abort();
    }
    const resume = await loadCheckpoint(store);
    expect(resume).toMatchObject({ step: 2, validation: undefined });
    const [first] = await collect(fit({ ...run, resume }));
    expect(first).toMatchObject({ type: 'validation', step: 2 });
  });

  it('may be aborted from within a validation', async () => {
    const controller = new AbortController();
    const store = memoryStore();
    const run = bowl({
      steps: 4,
      signal: controller.signal,
      validation: {
        every: 1,
        async run() {
          controller.abort();
          controller.signal.throwIfAborted();
          return 1;
        },
      },
      checkpoints: { every: 1, store },
    });
    const events = await collect(fit(run));
    expect(events.map(({ type }) => type)).toEqual(['step', 'checkpoint', 'done']);
  });

  it('does not start where the signal has fired before', async () => {
    const events = await collect(fit(bowl({ signal: AbortSignal.abort() })));
    expect(events).toMatchObject([{ type: 'done', step: 0, reason: 'aborted' }]);
  });
});
