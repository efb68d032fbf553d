import { cpu } from '@unroll/backend-cpu';
import { Adam, PlateauSchedule, Sgd } from '@unroll/optim';
import { languageModelStreams } from '@unroll/data';
import { Parameter, Rng, parametersOf, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { type Options, bowl } from '../test/bowl.ts';
import { collect, stepsOf } from '../test/collect.ts';
import { bucketedSource, fit, loadCheckpoint, memoryStore, shuffledSource, streamSource } from './index.ts';

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

describe('epochs', () => {
  const items = [1, 2, 3, 4, 5];
  const source = (options: { readonly dropLast?: boolean } = {}): Options['source'] => {
    const batches = shuffledSource(items, { batch: 2, rng: new Rng(1), ...options });
    return {
      batchesPerEpoch: batches.batchesPerEpoch,
      next: () => ({ ...batches.next(), batch: 0 }),
      state: () => batches.state(),
      restore: (state) => batches.restore(state),
    };
  };
  const run = (options: Partial<Options>): Options => ({ ...bowl(), steps: undefined, ...options });

  it('are as many steps as make them, and each step says how far it is', async () => {
    const steps = stepsOf(await collect(fit(run({ source: source(), epochs: 2 }))));
    expect(steps.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6].map((step) => step / 3));
    const dropping = stepsOf(await collect(fit(run({ source: source({ dropLast: true }), epochs: 2 }))));
    expect(dropping.map(({ epoch }) => epoch)).toEqual([0.5, 1, 1.5, 2]);
    const accumulating = stepsOf(await collect(fit(run({ source: source(), epochs: 2, accumulate: 2 }))));
    expect(accumulating.map(({ epoch }) => epoch)).toEqual([2, 4, 6].map((batches) => batches / 3));
    expect(stepsOf(await collect(fit(bowl()))).every(({ epoch }) => epoch === undefined)).toBe(true);
  });

  it('of every source with an end are as many batches as it says', () => {
    const tokens = Int32Array.from({ length: 50 }, (_, i) => i);
    const streams = streamSource(languageModelStreams(tokens, { batch: 2, time: 5 }));
    const resets = Array.from({ length: 2 * streams.batchesPerEpoch! }, () => streams.next().reset);
    expect(resets.flatMap((reset, i) => (reset ? [i] : []))).toEqual([0, streams.batchesPerEpoch]);
    for (const dropLast of [false, true]) {
      const bucketed = bucketedSource(items, { batch: 2, window: 2, length: (x) => x, dropLast, rng: new Rng(1) });
      const seen = Array.from({ length: bucketed.batchesPerEpoch! }, () => bucketed.next().batch).flat();
      expect(new Set(seen).size).toBe(dropLast ? 4 : 5);
      expect(seen.length).toBe(dropLast ? 4 : 5);
    }
  });

  it('are refused where the source has none, and beside steps', () => {
    expect(() => fit(run({ epochs: 1 }))).toThrow('epochs are not known to this source');
    expect(() => fit({ ...bowl(), epochs: 1 })).toThrow('both steps and epochs');
    expect(() => fit(run({}))).toThrow('neither steps nor epochs');
    expect(() => fit(run({ source: source(), epochs: -1 }))).toThrow('epochs is -1');
  });
});

describe('a validation', () => {
  it('tells the mean loss of the steps since the last one, also across a resume', async () => {
    const store = memoryStore();
    const options = (steps: number): Options => bowl({ steps, validation: { every: 3, run: () => 1 } });
    const events = await collect(fit(options(7)));
    const losses = stepsOf(events).map(({ loss }) => loss);
    const mean = (from: number, to: number): number =>
      losses.slice(from, to).reduce((sum, loss) => sum + loss, 0) / (to - from);
    const validations = events.flatMap((event) => (event.type === 'validation' ? [event.trainingLoss] : []));
    expect(validations).toEqual([mean(0, 3), mean(3, 6), mean(6, 7)]);

    const checkpoints = { every: 1, store };
    for await (const event of fit({ ...options(9), checkpoints })) {
      if (event.type === 'checkpoint' && event.step === 5) break;
    }
    const resumed = await collect(fit({ ...options(7), resume: await loadCheckpoint(store) }));
    expect(resumed.find((event) => event.type === 'validation')).toMatchObject({ step: 6, trainingLoss: mean(3, 6) });
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
    [/fit: the model has no parameters that could be trained/, { model: {}, optimizer: undefined }],
  ])('that can not be are refused at once: %s', (message, options) => {
    expect(() => fit({ ...bowl(), ...options })).toThrow(message);
  });

  it.each<[string, () => unknown]>([
    ['a tensor', () => tensor(1)],
    ['a promise', () => Promise.resolve({ loss: tensor(1) })],
    ['undefined', () => undefined],
  ])('name a loss that returns %s', async (what, loss) => {
    const run = fit({ ...bowl(), loss: loss as Options['loss'] });
    await expect(collect(run)).rejects.toThrow(`fit: the loss returned ${what}; it must return { loss }`);
  });

  it('leave parameters alone that the optimizer does not have', async () => {
    const run = bowl();
    const model = { trained: run.model, frozen: new Parameter(tensor([7])) };
    const store = memoryStore();
    await collect(fit({ ...run, model, checkpoints: { every: 1, store } }));
    expect(model.frozen.value.item()).toBe(7);
    expect([...(await loadCheckpoint(store))!.model.keys()]).toEqual(['trained.w', 'frozen']);
  });

  it('take Adam over all parameters where no optimizer is given, and save it too', async () => {
    const [given, usual] = [bowl(), bowl({ optimizer: undefined })];
    const adam = new Adam({ parameters: parametersOf(given.model) });
    const steps = stepsOf(await collect(fit({ ...given, optimizer: adam, schedule: () => 0.1 })));
    const store = memoryStore();
    const run = { ...usual, schedule: () => 0.1, checkpoints: { every: 2, store } };
    const losses = (all: typeof steps): readonly number[] => all.map(({ loss }) => loss);
    expect(losses(stepsOf(await collect(fit({ ...run, steps: 2 }))))).toEqual(losses(steps).slice(0, 2));
    const saved = (await loadCheckpoint(store))!;
    expect(saved.optimizer).toMatchObject({ optimizer: 'Adam', stepsTaken: 2 });
    expect(losses(stepsOf(await collect(fit({ ...run, resume: saved }))))).toEqual(losses(steps).slice(2));
    expect(usual.model.w.value.item()).toBe(given.model.w.value.item());
    expect(stepsOf(await collect(fit(bowl({ optimizer: undefined }))))[0]!.learningRate).toBe(1e-3);
  });

  it('leave nothing behind where the loss of a later batch of a step throws', async () => {
    const backend = cpu();
    const model = { w: new Parameter(tensor([4], { backend })) };
    const optimizer = new Sgd({ parameters: parametersOf(model), learningRate: 0.1 });
    const run = (): Promise<unknown> => {
      let batches = 0;
      const loss: Options['loss'] = (_, { carry }) => {
        if (++batches === 5) throw new Error('no fifth');
        const seen = carry ?? tensor([0], { backend });
        return { loss: model.w.value.sub(seen.mul(0)).square().sum(), carry: seen.add(1) };
      };
      return collect(fit({ ...bowl({ accumulate: 3, loss }), model, optimizer }));
    };
    await expect(run()).rejects.toThrow('no fifth');
    const held = backend.memory().liveBytes;
    await expect(run()).rejects.toThrow('no fifth');
    expect(backend.memory().liveBytes).toBe(held);
  });

  it('give back the memory of an optimizer of their own', async () => {
    const backend = cpu();
    const model = { w: new Parameter(tensor([4], { backend })) };
    const run = () =>
      fit({ ...bowl({ optimizer: undefined }), model, loss: () => ({ loss: model.w.value.square().sum() }) });
    // The numbers of the first steps stay, for others.
    await collect(run());
    const held = backend.memory().liveBytes;
    await collect(run());
    expect(backend.memory().liveBytes).toBe(held);
    for await (const event of run())
      if (event.type === 'step') expect(backend.memory().liveBytes).toBeGreaterThan(held);
  });
});
