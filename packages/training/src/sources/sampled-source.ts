import { checkGiven } from '@unroll/backend';
import { type RandomWindowsOptions, type TokenArray, type WindowBatch, randomWindows } from '@unroll/data';
import { Rng, checkRng } from '@unroll/tensor';
import * as v from 'valibot';
import { checked, rngState } from '../checked.ts';
import type { BatchSource } from './batch-source.ts';

const schema = v.strictObject({ rng: rngState });

export interface SampledSourceOptions<Batch> {
  /** A batch that depends on nothing but what is drawn from `rng`. */
  readonly sample: (rng: Rng) => Batch;
  /** Forked once, so that it may serve elsewhere too. */
  readonly rng: Rng;
}

/** Independent batches, each made from random numbers: synthetic tasks, random places in a text. */
export function sampledSource<Batch>({ sample, rng }: SampledSourceOptions<Batch>): BatchSource<Batch> {
  checkRng('sampledSource', rng);
  checkGiven('sampledSource', { sample });
  let own = rng.fork();
  return {
    next: () => ({ batch: sample(own), reset: true }),
    state: () => ({ rng: own.state() }),
    restore(state) {
      own = Rng.fromState(checked('source', schema, state).rng);
    },
  };
}

/**
 * Windows from random places in a text: `randomWindows`.
 * @throws UnrollError INVALID_ARGUMENT if the text has no more than `time` tokens
 */
export function windowSource(tokens: TokenArray, { rng, ...options }: RandomWindowsOptions): BatchSource<WindowBatch> {
  // Refuses here what can't be, and draws nothing.
  randomWindows(tokens, { ...options, rng });
  return sampledSource({ rng, sample: (rng) => randomWindows(tokens, { ...options, rng }).next().value });
}
