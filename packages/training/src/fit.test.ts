import { UnrollError } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { PlateauSchedule, Sgd, linearRamp } from '@unroll/optim';
import { Parameter, Rng, type Tensor, parametersOf, tensor, withBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { collect, stepsOf } from '../test/collect.ts';
import { type FitOptions, fit, loadCheckpoint, memoryStore, sampledSource } from './index.ts';

type Batch = number;
type Options = FitOptions<Batch, Tensor>;

/** Minimises ½ w²: at the rate r each step multiplies w by 1 − r. */
function bowl(options: Omit<Partial<Options>, 'model'> = {}): Options & { readonly model: { readonly w: Parameter } } {
  const model = { w: new Parameter(tensor([4], { dtype: 'float64' })) };
  return {
    model,
    optimizer: new Sgd({ parameters: parametersOf(model), learningRate: 0.5 }),
    source: sampledSource({ sample: (rng) => rng.next(), rng: new Rng(1) }),
    loss: () => ({ loss: model.w.value.square().sum().mul(0.5) }),
    steps: 3,
    rng: new Rng(2),
    ...options,
  };
}

async function failure(run: AsyncGenerator<unknown, unknown, undefined>): Promise<UnrollError> {
  try {
    for await (const _ of run);
  } catch (error) {
    if (error instanceof UnrollError) return error;
    throw error;
  }
  throw new Error('the run did not fail');
}

describe('the events of a run', () => {
  it('tell the loss before each step, the norm before clipping and the rate', async () => {
    const run = bowl({ clipNorm: 1 });
    const steps = stepsOf(await collect(fit(run)));
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(steps.map(({ loss }) => loss)).toEqual([8, expect.closeTo(3.5 ** 2 / 2, 4), expect.closeTo(3 ** 2 / 2, 4)]);
    expect(steps.map(({ gradientNorm }) => gradientNorm)).toEqual([4, expect.closeTo(3.5, 4), expect.closeTo(3, 4)]);
    expect(steps.map(({ learningRate }) => learningRate)).toEqual([0.5, 0.5, 0.5]);
    expect(run.model.w.value.item()).toBeCloseTo(2.5, 4);
  });

  it('come in one order: step, validation, best, sample, last, done', async () => {
    let loss = 9;
    const run = bowl({
      steps: 5,
      validation: { every: 2, run: () => loss-- },
      sample: { every: 4, run: (step) => `sample ${step}` },
      checkpoints: { every: 2, store: memoryStore() },
    });
    const events = (await collect(fit(run))).map((event) => ({ ...event, seconds: 0 }));
    const step = (step: number): object => expect.objectContaining({ type: 'step', step });
    const validation = (step: number, loss: number): object =>
      expect.objectContaining({ type: 'validation', step, loss, best: true });
    const saved = (step: number, name: string): object => expect.objectContaining({ type: 'checkpoint', step, name });
    expect(events).toEqual([
      step(1),
      step(2),
      validation(2, 9),
      saved(2, 'best'),
      saved(2, 'last'),
      step(3),
      step(4),
      validation(4, 8),
      saved(4, 'best'),
      expect.objectContaining({ type: 'sample', step: 4, text: 'sample 4' }),
      saved(4, 'last'),
      step(5),
      validation(5, 7),
      saved(5, 'best'),
      expect.objectContaining({ type: 'sample', step: 5, text: 'sample 5' }),
      saved(5, 'last'),
      { type: 'done', step: 5, reason: 'steps', best: { step: 5, loss: 7 }, seconds: 0 },
    ]);
  });

  it('end with done, which the generator also returns', async () => {
    const run = fit(bowl({ steps: 1 }));
    await run.next();
    const done = await run.next();
    const returned = await run.next();
    expect(done.value).toEqual({ type: 'done', ...returned.value });
    expect(returned).toMatchObject({ done: true, value: { step: 1, reason: 'steps' } });
  });

  it('end as after a last step where the number of steps falls on the way', async () => {
    let steps = 100;
    const run = {
      ...bowl({ validation: { every: 100, run: () => 1 } }),
      get steps() {
        return steps;
      },
    };
    const types: string[] = [];
    for await (const event of fit(run)) {
      types.push(event.type);
      if (event.type === 'step' && event.step === 2) steps = 2;
    }
    expect(types).toEqual(['step', 'step', 'validation', 'done']);
  });

  it('are a single done where no step is asked for', async () => {
    const events = await collect(fit(bowl({ steps: 0, checkpoints: { every: 1, store: memoryStore() } })));
    expect(events).toEqual([{ type: 'done', step: 0, reason: 'steps', seconds: expect.any(Number) }]);
  });
});

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

describe('the loss', () => {
  it('has random numbers of its own: nobody who draws from the same rng changes them', async () => {
    const draws = async (disturb: (rng: Rng) => void): Promise<readonly number[]> => {
      const seen: number[] = [];
      const given = new Rng(7);
      const run = bowl({
        rng: given,
        loss(_, { rng }) {
          seen.push(rng.next());
          disturb(given);
          return { loss: run.model.w.value.sum() };
        },
      });
      await collect(fit(run));
      return seen;
    };
    expect(await draws((rng) => rng.next())).toEqual(await draws(() => undefined));
  });

  it('gets the carried state until the source says that a batch starts anew', async () => {
    const carries: (number | undefined)[] = [];
    let calls = 0;
    const run = bowl({
      steps: 5,
      source: {
        next: () => ({ batch: calls, reset: calls++ === 3 }),
        state: () => calls,
        restore: () => undefined,
      },
      loss(batch, { carry }) {
        carries.push(carry?.item());
        return { loss: run.model.w.value.sum(), carry: tensor(batch) };
      },
    });
    await collect(fit(run));
    expect(carries).toEqual([undefined, 0, 1, undefined, 3]);
  });

  it('lets no gradient flow into the batch before', async () => {
    const run = bowl({
      steps: 2,
      loss(_, { carry }) {
        const w = run.model.w.value;
        const sum = carry ? w.add(carry) : w;
        return { loss: sum.sum(), carry: w.mul(100).sum() };
      },
    });
    const steps = stepsOf(await collect(fit(run)));
    expect(steps.map(({ gradientNorm }) => gradientNorm)).toEqual([1, 1]);
  });

  it('gets the number of steps taken before', async () => {
    const seen: number[] = [];
    const run = bowl({ loss: (_, { step }) => (seen.push(step), { loss: run.model.w.value.sum() }) });
    await collect(fit(run));
    expect(seen).toEqual([0, 1, 2]);
  });

  it('may return its carried state unchanged, or one tensor twice', async () => {
    const kept = tensor([1, 2]);
    const run = bowl({
      loss: (_, { carry = kept }) => ({ loss: run.model.w.value.sum(), carry }),
    });
    await collect(fit(run));
    expect(kept.isDisposed).toBe(false);
    const model = { w: new Parameter(tensor([1])) };
    const twice = {
      ...bowl(),
      model,
      optimizer: new Sgd({ parameters: parametersOf(model), learningRate: 0.1 }),
      loss(_: Batch, { carry }: { readonly carry: readonly Tensor[] | undefined }) {
        const one = carry?.[1] ?? tensor(1);
        return { loss: model.w.value.mul(one).sum(), carry: [one, one] };
      },
    };
    expect(stepsOf(await collect(fit(twice)))).toHaveLength(3);
  });
});

describe('the learning rate', () => {
  it('follows a schedule by step', async () => {
    const steps = stepsOf(await collect(fit(bowl({ schedule: linearRamp({ from: 0, to: 1, steps: 4 }) }))));
    expect(steps.map(({ learningRate }) => learningRate)).toEqual([0, 0.25, 0.5]);
  });

  it('falls where a plateau schedule sees no improvement', async () => {
    const schedule = new PlateauSchedule({ learningRate: 1, factor: 0.5, patience: 0 });
    const run = bowl({ steps: 6, schedule, validation: { every: 2, run: () => 1 } });
    const steps = stepsOf(await collect(fit(run)));
    expect(steps.map(({ learningRate }) => learningRate)).toEqual([1, 1, 1, 1, 0.5, 0.5]);
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
    expect(run.optimizer.stepsTaken).toBe(3);
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

describe('the event loop', () => {
  it('gets its turn while a run goes on', async () => {
    let fired = 0;
    const timer = setInterval(() => fired++, 1);
    const busy = (): void => {
      const end = performance.now() + 5;
      while (performance.now() < end);
    };
    const run = bowl({ steps: 30, yieldEvery: 10 });
    await collect(fit({ ...run, loss: () => (busy(), { loss: run.model.w.value.sum() }) }));
    clearInterval(timer);
    expect(fired).toBeGreaterThan(0);
  });

  it('hears an abort that comes from a timer', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 5);
    const events = await collect(fit(bowl({ steps: 1e9, signal: controller.signal, yieldEvery: 1 })));
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'aborted' });
  });
});

describe('memory', () => {
  /** A run with a carried state on a backend of its own, on which the numbers of its equations are stored already. */
  const prepare = async (
    options: Partial<Options> = {},
  ): Promise<{ readonly run: Options; readonly live: () => number }> => {
    const backend = cpu();
    const run = withBackend(backend, () => bowl({ steps: 40, ...options }));
    const { w } = run.model;
    const carrying: Options = {
      ...run,
      loss(_, { carry }) {
        const next = carry ? carry.mul(0.5).add(w) : w.value.mul(2);
        return { loss: next.square().sum(), carry: next };
      },
    };
    await collect(fit({ ...carrying, steps: 3 }));
    return { run: carrying, live: () => backend.memory().buffers };
  };

  it('is flat over the steps, and only model and optimizer remain at the end', async () => {
    const { run, live } = await prepare();
    const before = live();
    const during = new Set<number>();
    for await (const event of fit(run)) if (event.type === 'step') during.add(live());
    // One more: the carried state.
    expect(during).toEqual(new Set([before + 1]));
    expect(live()).toBe(before);
  });

  it('is given back when the caller breaks out of the loop', async () => {
    const { run, live } = await prepare();
    const before = live();
    for await (const event of fit(run)) if (event.type === 'step' && event.step === 5) break;
    expect(live()).toBe(before);
  });

  it.each(['is not finite', 'throws'])('is given back when the loss %s', async (how) => {
    const { run, live } = await prepare();
    const before = live();
    const loss: Options['loss'] = (batch, context) => {
      const result = run.loss(batch, context);
      if (context.step < 3) return result;
      if (how === 'throws') throw new UnrollError('INVALID_ARGUMENT', 'on purpose');
      return { ...result, loss: result.loss.log().mul(0).log() };
    };
    await failure(fit({ ...run, loss }));
    // Numbers of the bad equations are stored too: 0, and what measures gradients.
    expect(live() - before).toBeLessThanOrEqual(1);
  });
});

describe('options', () => {
  it.each<[RegExp, Partial<Options>]>([
    [/steps is -1/, { steps: -1 }],
    [/clipNorm is 0/, { clipNorm: 0 }],
    [/validation\.every is 0/, { validation: { every: 0, run: () => 1 } }],
    [/checkpoints\.every is 1\.5/, { checkpoints: { every: 1.5, store: memoryStore() } }],
    [/patience is 0/, { validation: { every: 1, run: () => 1 }, earlyStopping: { patience: 0 } }],
    [/minDelta is -1/, { validation: { every: 1, run: () => 1 }, earlyStopping: { patience: 1, minDelta: -1 } }],
    [/earlyStopping needs a validation/, { earlyStopping: { patience: 1 } }],
    [/PlateauSchedule observes validations/, { schedule: new PlateauSchedule({ learningRate: 1 }) }],
    [/yieldEvery is -1/, { yieldEvery: -1 }],
    [/a parameter that the model has not/, { model: {} }],
  ])('that can not be are refused at once: %s', (message, options) => {
    expect(() => fit({ ...bowl(), ...options })).toThrow(message);
  });

  it('leave parameters alone that the optimizer does not have', async () => {
    const run = bowl();
    const model = { trained: run.model, frozen: new Parameter(tensor([7])) };
    const store = memoryStore();
    await collect(fit({ ...run, model, checkpoints: { every: 1, store } }));
    expect(model.frozen.value.item()).toBe(7);
    expect([...(await loadCheckpoint(store))!.model.keys()]).toEqual(['trained.w', 'frozen']);
  });
});
