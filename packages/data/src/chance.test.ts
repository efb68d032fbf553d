import type { Rng } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import {
  anbn,
  bucketedBatches,
  copyTask,
  randomWindows,
  reverseTask,
  shuffledBatches,
  streamTokenBatches,
  tokenBatches,
} from './index.ts';

const items = [[1], [2, 3]];
const length = (item: readonly number[]): number => item.length;
const draws: Readonly<Record<string, (rng: Rng) => Iterator<unknown> | AsyncIterator<unknown>>> = {
  shuffledBatches: (rng) => shuffledBatches(items, { batch: 1, rng }),
  bucketedBatches: (rng) => bucketedBatches(items, { batch: 1, rng, length }),
  tokenBatches: (rng) => tokenBatches(items, { tokens: 4, rng, length }),
  streamTokenBatches: (rng) => streamTokenBatches(items, { tokens: 4, rng, length }),
  randomWindows: (rng) => randomWindows(Int32Array.of(1, 2, 3), { batch: 1, time: 1, rng }),
  anbn: (rng) => anbn({ rng, max: 2 }),
  copyTask: (rng) => copyTask({ rng, symbols: 2, maxLength: 2 }),
  reverseTask: (rng) => reverseTask({ rng, symbols: 2, maxLength: 2 }),
};

// What plain JavaScript can do, and the types do not let happen here.
const forgotten = JSON.parse('{}') as { rng: Rng };
const seeds = JSON.parse('{"rng":1}') as { rng: Rng };

describe.each(Object.entries(draws))('%s', (name, draw) => {
  it.each([
    ['no rng', forgotten.rng, 'none was given'],
    ['a seed in place of an rng', seeds.rng, 'a number was given'],
  ])('refuses %s by name', async (_, rng, given) => {
    const first = async (): Promise<unknown> => draw(rng).next();
    await expect(first()).rejects.toThrow(`${name}: it draws random numbers from an rng; ${given}`);
  });
});
