import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bowl } from '../test/bowl.ts';
import { collect } from '../test/collect.ts';
import { type CheckpointStore, type FitEvent, decodeCheckpoint, fit, loadCheckpoint, memoryStore } from './index.ts';

const losses = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });

function options(losses: readonly number[], keepBest: number, store: CheckpointStore): ReturnType<typeof bowl> {
  let step = 0;
  const run = bowl({
    steps: losses.length,
    validation: { every: 1, run: () => ({ loss: losses[step]!, metrics: { f1: -losses[step]! } }) },
    checkpoints: { every: 3, store, keepBest },
    loss(_, context) {
      ({ step } = context);
      return { loss: run.model.w.value.square().sum().mul(0.5) };
    },
  });
  return run;
}

/** What is in a store. */
async function contents(store: CheckpointStore): Promise<ReadonlyMap<string, Uint8Array>> {
  const names = await store.list();
  return new Map(await Promise.all(names.map(async (name) => [name, (await store.load(name))!] as const)));
}

it('the lowest few validations keep their checkpoints, the earlier among equals', async () => {
  await fc.assert(
    fc.asyncProperty(losses, fc.integer({ min: 2, max: 4 }), async (losses, keepBest) => {
      const store = memoryStore();
      await collect(fit(options(losses, keepBest, store)));
      const steps = losses
        .map((loss, i) => ({ loss, step: i + 1 }))
        .toSorted((a, b) => a.loss - b.loss || a.step - b.step);
      const expected = steps.slice(0, keepBest).map(({ step }) => `best-${step}`);
      expect(await store.list()).toEqual([...expected, 'best', 'last'].toSorted());
      for (const name of expected) expect(`best-${(await loadCheckpoint(store, name))!.step}`).toBe(name);
      expect(await store.load('best')).toEqual(await store.load(expected[0]!));
    }),
  );
});

it('a run whose process dies at any event, and is resumed, leaves the same files', async () => {
  await fc.assert(
    fc.asyncProperty(
      losses,
      fc.integer({ min: 2, max: 3 }),
      fc.integer({ min: 1, max: 25 }),
      async (losses, keepBest, death) => {
        const whole = memoryStore();
        await collect(fit(options(losses, keepBest, whole)));
        const store = memoryStore();
        let events = 0;
        for await (const _ of fit(options(losses, keepBest, store))) if (++events === death) break;
        await collect(fit({ ...options(losses, keepBest, store), resume: await loadCheckpoint(store) }));
        expect(await contents(store)).toEqual(await contents(whole));
      },
    ),
  );
});

it('there are never fewer files than are kept: the new one is whole before the old one goes', async () => {
  const store = memoryStore();
  const counts: number[] = [];
  const watched: CheckpointStore = {
    ...store,
    async remove(name) {
      counts.push((await store.list()).filter((each) => /^best-\d/.test(each)).length);
      await store.remove!(name);
    },
  };
  await collect(fit(options([5, 4, 3, 2, 1], 2, watched)));
  expect(counts).toEqual([3, 3, 3]);
});

it('validations tell their metrics, and checkpoints their names', async () => {
  const events: readonly FitEvent[] = await collect(fit(options([2, 1], 2, memoryStore())));
  expect(
    events.filter(({ type }) => type === 'validation').map((event) => ('metrics' in event ? event.metrics : {})),
  ).toEqual([{ f1: -2 }, { f1: -1 }]);
  expect(events.flatMap((event) => (event.type === 'checkpoint' ? [event.name] : []))).toEqual([
    'best-1',
    'best',
    'best-2',
    'best',
    'last',
  ]);
});

it('keeping several needs a validation and a store that can remove', async () => {
  const store = memoryStore();
  const without = memoryStore();
  delete without.remove;
  expect(() => fit(bowl({ checkpoints: { every: 1, store, keepBest: 2 } }))).toThrow('keepBest needs a validation');
  expect(() => fit(options([1], 2, without))).toThrow('needs a store that can remove');
  expect(() => fit(options([1], 0, store))).toThrow('checkpoints.keepBest is 0');
  await collect(fit(options([1], 1, store)));
  expect(decodeCheckpoint((await store.load('best'))!).validation).not.toHaveProperty('kept');
});
