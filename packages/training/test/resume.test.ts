import { GruCell, LstmCell, type State } from '@unroll/cells';
import { languageModelStreams, pad } from '@unroll/data';
import { Adam, PlateauSchedule, RmsProp, Sgd, cosineDecay } from '@unroll/optim';
import { Rng, parametersOf } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BatchSource,
  type CheckpointStore,
  type FitOptions,
  bucketedSource,
  fit,
  loadCheckpoint,
  memoryStore,
  shuffledSource,
  MovingAverage,
  randomLengthStreamSource,
  streamSource,
  windowSource,
} from '../src/index.ts';
import { type Pair, TinyLanguageModel } from './tiny-language-model.ts';

const VOCABULARY = 6;
const draw = new Rng(99);
const text = Int32Array.from({ length: 150 }, () => draw.integer(VOCABULARY));
const sentences = Array.from({ length: 11 }, () =>
  Int32Array.from({ length: 2 + draw.integer(6) }, () => draw.integer(VOCABULARY)),
);

const sources = {
  streams: () => streamSource(languageModelStreams(text, { batch: 3, time: 7 })),
  randomLengths: (rng: Rng) => randomLengthStreamSource(text, { batch: 2, time: 6, deviation: 2, shortest: 2, rng }),
  windows: (rng: Rng) => windowSource(text, { batch: 2, time: 5, rng }),
  shuffled: (rng: Rng) => padded(shuffledSource(sentences, { batch: 3, rng })),
  bucketed: (rng: Rng) => padded(bucketedSource(sentences, { batch: 2, rng, length: (x) => x.length, window: 4 })),
};
const optimizers = {
  adam: (model: object) => new Adam({ parameters: parametersOf(model), learningRate: 0.01 }),
  momentum: (model: object) => new Sgd({ parameters: parametersOf(model), learningRate: 0.1, momentum: 0.9 }),
  rmsProp: (model: object) => new RmsProp({ parameters: parametersOf(model), learningRate: 0.01, centered: true }),
};
const schedules = {
  none: () => undefined,
  plateau: () => new PlateauSchedule({ learningRate: 0.05, factor: 0.7, patience: 0, cooldown: 1 }),
  cosine: () => cosineDecay({ initial: 0.05, steps: 20 }),
};
const cells = { lstm: LstmCell, gru: GruCell };

interface Setting {
  readonly source: keyof typeof sources;
  readonly optimizer: keyof typeof optimizers;
  readonly schedule: keyof typeof schedules;
  readonly cell: keyof typeof cells;
  readonly layers: number;
  readonly steps: number;
  readonly validateEvery: number;
  readonly saveEvery: number;
  readonly patience: number;
  readonly accumulate: number;
  readonly averaged: boolean;
  readonly keepBest: number;
}

const setting: fc.Arbitrary<Setting> = fc.record({
  source: fc.constantFrom('streams', 'randomLengths', 'windows', 'shuffled', 'bucketed'),
  optimizer: fc.constantFrom('adam', 'momentum', 'rmsProp'),
  schedule: fc.constantFrom('none', 'plateau', 'cosine'),
  cell: fc.constantFrom('lstm', 'gru'),
  layers: fc.integer({ min: 1, max: 2 }),
  steps: fc.integer({ min: 1, max: 14 }),
  validateEvery: fc.integer({ min: 1, max: 5 }),
  saveEvery: fc.integer({ min: 1, max: 6 }),
  patience: fc.integer({ min: 1, max: 4 }),
  accumulate: fc.integer({ min: 1, max: 3 }),
  averaged: fc.boolean(),
  keepBest: fc.integer({ min: 1, max: 3 }),
});

/** A process that starts from nothing but the setting and what the store holds. Its own random numbers must not matter once it resumes. */
async function start(
  setting: Setting,
  store: CheckpointStore,
  seed: number,
): Promise<FitOptions<Pair, readonly State[]>> {
  const resume = await loadCheckpoint(store);
  const rng = new Rng(resume ? seed : 5);
  const model = new TinyLanguageModel({
    vocabulary: VOCABULARY,
    embedding: 3,
    hidden: 4,
    layers: setting.layers,
    cell: cells[setting.cell],
    dropout: 0.3,
    rng,
  });
  return {
    model,
    optimizer: optimizers[setting.optimizer](model),
    source: sources[setting.source](rng),
    loss: model.loss,
    steps: setting.steps,
    rng,
    schedule: schedules[setting.schedule](),
    clipNorm: 0.5,
    accumulate: setting.accumulate,
    average: setting.averaged ? new MovingAverage({ parameters: parametersOf(model), decay: 0.8 }) : undefined,
    // A loss that goes up and down, from the weights alone.
    validation: { every: setting.validateEvery, run: () => Math.abs(model.output.weight.value.sum().item() * 100) % 1 },
    earlyStopping: { patience: setting.patience },
    checkpoints: { every: setting.saveEvery, store, keepBest: setting.keepBest, metadata: { note: 'resumable' } },
    resume,
  };
}

/** Every file in a store. */
async function contents(store: CheckpointStore): Promise<ReadonlyMap<string, Uint8Array>> {
  const names = await store.list();
  return new Map(await Promise.all(names.map(async (name) => [name, (await store.load(name))!] as const)));
}

/** What a run tells of each step, without the time that it took. */
type Told = Map<number, string>;

async function runToEnd(
  setting: Setting,
): Promise<{ readonly told: Told; readonly store: CheckpointStore; readonly end: unknown }> {
  const store = memoryStore();
  const told: Told = new Map();
  let end: unknown;
  for await (const event of fit(await start(setting, store, 0))) {
    const plain = { ...event, seconds: 0 };
    if (event.type === 'step') told.set(event.step, JSON.stringify(plain));
    if (event.type === 'done') end = plain;
  }
  return { told, store, end };
}

describe('a run that was stopped and resumed equals one that was not, to the bit', () => {
  it('wherever it is aborted', async () => {
    await fc.assert(
      fc.asyncProperty(setting, fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }), async (setting, stops) => {
        const whole = await runToEnd(setting);
        const store = memoryStore();
        let end: unknown;
        for (const [process, stop] of [...stops, Infinity].entries()) {
          const controller = new AbortController();
          const options = await start(setting, store, process);
          let steps = 0;
          for await (const event of fit({ ...options, signal: controller.signal })) {
            const plain = { ...event, seconds: 0 };
            if (event.type === 'step') {
              expect(JSON.stringify(plain)).toBe(whole.told.get(event.step));
              if (++steps === stop) controller.abort();
            }
            if (event.type === 'done') end = plain;
          }
        }
        expect(end).toEqual(whole.end);
        expect(await contents(store)).toEqual(await contents(whole.store));
      }),
      { numRuns: 40 },
    );
  });

  it('whenever its process dies, at whichever event', async () => {
    await fc.assert(
      fc.asyncProperty(
        setting,
        fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
        async (setting, deaths) => {
          const whole = await runToEnd(setting);
          const store = memoryStore();
          let end: unknown;
          for (const [process, death] of [...deaths, Infinity].entries()) {
            let events = 0;
            for await (const event of fit(await start(setting, store, process))) {
              const plain = { ...event, seconds: 0 };
              if (event.type === 'step') expect(JSON.stringify(plain)).toBe(whole.told.get(event.step));
              if (event.type === 'done') end = plain;
              if (++events === death) break;
            }
          }
          expect(end).toEqual(whole.end);
          expect(await contents(store)).toEqual(await contents(whole.store));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('from its best checkpoint too', async () => {
    const setting: Setting = {
      source: 'shuffled',
      optimizer: 'adam',
      schedule: 'plateau',
      cell: 'lstm',
      layers: 2,
      steps: 12,
      validateEvery: 2,
      saveEvery: 12,
      patience: 9,
      accumulate: 2,
      averaged: true,
      keepBest: 2,
    };
    const whole = await runToEnd(setting);
    const store = memoryStore();
    const best = (await whole.store.load('best'))!;
    await store.save('last', best);
    await store.save('best', best);
    for await (const _ of fit(await start(setting, store, 7)));
    expect(await store.load('last')).toEqual(await whole.store.load('last'));
  });
});

/** Sentences as a padded batch of pairs. */
function padded(source: BatchSource<Int32Array[]>): BatchSource<Pair> {
  return {
    next() {
      const { batch, reset } = source.next();
      const { tokens: inputs, mask } = pad(batch.map((sentence) => sentence.subarray(0, -1)));
      const { tokens: targets } = pad(batch.map((sentence) => sentence.subarray(1)));
      return { batch: { inputs, targets, mask }, reset };
    },
    state: () => source.state(),
    restore: (state) => source.restore(state),
  };
}
