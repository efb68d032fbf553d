import { Budget } from '@unroll/app-kit';
import { cpu } from '@unroll/backend-cpu';
import { encodeModel } from '@unroll/io';
import { Rng, getBackend, setBackend } from '@unroll/tensor';
import { type FitEvent, loadCheckpoint, memoryStore } from '@unroll/training';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SENTENCE, untrained } from '../test/models.ts';
import type { CharacterModel } from './config.ts';
import { generate } from './generate.ts';
import { type TrainOptions, train } from './train.ts';

const backend = cpu();
const before = getBackend();
beforeAll(() => setBackend(backend));
afterAll(() => setBackend(before));

const text = SENTENCE.repeat(6);

function options(characterModel: CharacterModel, changes: Partial<TrainOptions> = {}): TrainOptions {
  return {
    characterModel,
    tokens: characterModel.vocabulary.encode(text),
    batch: 2,
    time: 10,
    budget: new Budget({ steps: 8 }),
    learningRate: 0.02,
    clipNorm: 5,
    rng: new Rng(3),
    ...changes,
  };
}

async function eventsOf(run: AsyncIterable<FitEvent>): Promise<FitEvent[]> {
  const events: FitEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

describe('train', () => {
  it('memorises a sentence', async () => {
    const characterModel = untrained(text, { hiddenSize: 24, embeddingSize: 12 });
    const budget = new Budget({ steps: 300 });
    const events = await eventsOf(train(options(characterModel, { budget, time: 20 })));
    const last = events.findLast((event) => event.type === 'step');
    expect(last?.loss).toBeLessThan(0.1);
    let written = '';
    const prime = 'the quick';
    const length = 2 * SENTENCE.length - prime.length;
    for await (const next of generate({ ...characterModel, prime, length, temperature: 0, rng: new Rng(1) }))
      written += next;
    expect(prime + written).toBe(SENTENCE.repeat(2));
  });

  it('goes on after a stop as if it had not been stopped, dropout, state and all', async () => {
    const config = { cell: 'lstm', layers: 2, dropout: 0.3 } as const;
    const validation = { tokens: untrained(text).vocabulary.encode(SENTENCE), every: 3 };
    const whole = untrained(text, config);
    await eventsOf(train(options(whole, { validation })));

    const store = memoryStore();
    const checkpoints = { store, every: 100 };
    const stop = new AbortController();
    const first = untrained(text, config);
    for await (const event of train(options(first, { validation, checkpoints, signal: stop.signal }))) {
      if (event.type === 'step' && event.step === 5) stop.abort();
    }
    const second = untrained(text, config);
    const resume = await loadCheckpoint(store);
    const events = await eventsOf(train(options(second, { validation, resume, rng: new Rng(99) })));
    expect(events.find((event) => event.type === 'step')?.step).toBe(6);

    const bytes = ({ model }: CharacterModel) => encodeModel({ model, config: {} });
    expect(await bytes(second)).toEqual(await bytes(whole));
  });

  it('ends when the time is up, as after the last step: validated, sampled and saved', async () => {
    const characterModel = untrained(text);
    const events = await eventsOf(
      train(
        options(characterModel, {
          budget: new Budget({ seconds: 1e-9 }),
          validation: { tokens: characterModel.vocabulary.encode(SENTENCE), every: 1000 },
          samples: { every: 1000, prime: 'the', length: 5 },
          checkpoints: { store: memoryStore(), every: 1000 },
        }),
      ),
    );
    expect(events.map(({ type }) => type)).toEqual([
      'step',
      'validation',
      'checkpoint',
      'sample',
      'checkpoint',
      'done',
    ]);
    expect(events.at(-1)).toMatchObject({ reason: 'steps', step: 1 });
    expect(events.find((event) => event.type === 'sample')?.text).toMatch(/^the.{5}$/su);
  });

  it('holds no more memory the longer it runs, and gives it back', async () => {
    // Numbers in equations, such as the learning rate, are cached: up to 1024 of 4 bytes.
    const cached = 4 * 1024;
    const characterModel = untrained(text, { hiddenSize: 32 });
    const { liveBytes } = backend.memory();
    const samples = { every: 7, prime: '', length: 3 };
    const held: number[] = [];
    for await (const event of train(options(characterModel, { budget: new Budget({ steps: 60 }), samples }))) {
      if (event.type === 'step') held.push(backend.memory().liveBytes);
    }
    expect(Math.max(...held) - Math.min(...held)).toBeLessThan(cached);
    expect(backend.memory().liveBytes - liveBytes).toBeLessThan(cached);
  });
});
