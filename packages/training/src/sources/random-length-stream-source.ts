import { type Backend, UnrollError } from '@unroll/backend';
import type { TokenArray } from '@unroll/data';
import { Rng, type Tensor, checkRng, tensor } from '@unroll/tensor';
import * as v from 'valibot';
import { checked, count, rngState } from '../checked.ts';
import type { BatchSource } from './batch-source.ts';

const schema = v.strictObject({ start: count, rng: rngState, streamLength: count, batch: count });

export interface RandomLengthStreamOptions {
  /** The number of streams. */
  readonly batch: number;
  /** The usual number of steps; the learning rate is meant for it. */
  readonly time: number;
  /** Draws the lengths. Forked once, so that it may serve elsewhere too. */
  readonly rng: Rng;
  /** The probability of half the usual number. Default 0.05. */
  readonly halfProbability?: number;
  /** The standard deviation of the number of steps. Default 5. */
  readonly deviation?: number;
  /** The fewest steps. Default 5, or `time` where that is less. */
  readonly shortest?: number;
  /** Default: the active backend. */
  readonly backend?: Backend;
}

/** The next tokens of every stream. */
export interface RandomLengthChunk {
  /** int32 [batch, steps]. */
  readonly inputs: Tensor;
  /** int32 [batch, steps]: the token after each input. */
  readonly targets: Tensor;
}

/**
 * As `streamSource`, in chunks of random length, so that no token always stands at the end of a chunk, where it learns nothing from
 * what follows (Merity, Keskar & Socher 2018, AWD-LSTM):
 *
 *     steps = max(shortest, ⌊N(b, deviation²)⌋)        b = time, or time / 2 with probability `halfProbability`
 *
 * A mean over few steps is a noisier gradient; `fit` scales the learning rate of a step by steps / time. The last chunk of a pass is what is
 * left of it; a rest of one step is left out.
 * @throws UnrollError INVALID_ARGUMENT if the text is too short for two steps, or for an option that can't be
 */
export function randomLengthStreamSource(
  tokens: TokenArray,
  options: RandomLengthStreamOptions,
): BatchSource<RandomLengthChunk> {
  const { batch, time, halfProbability = 0.05, deviation = 5, backend } = options;
  const shortest = options.shortest ?? Math.min(5, time);
  const streamLength = Math.max(0, Math.floor((tokens.length - 1) / batch));
  checkRng('randomLengthStreamSource', options.rng);
  check('batch', batch, Number.isSafeInteger(batch) && batch >= 1, 'an integer from 1 on');
  check('time', time, Number.isSafeInteger(time) && time >= 1, 'an integer from 1 on');
  check('shortest', shortest, Number.isSafeInteger(shortest) && shortest >= 1, 'an integer from 1 on');
  check('halfProbability', halfProbability, halfProbability >= 0 && halfProbability <= 1, 'from 0 to 1');
  check('deviation', deviation, deviation >= 0 && Number.isFinite(deviation), 'at least 0');
  check('the number of tokens', tokens.length, streamLength >= 2, `at least ${2 * batch + 1} for ${batch} streams`);
  let rng = options.rng.fork();
  let start = 0;

  const rows = (from: number, steps: number): Tensor => {
    const data = new Int32Array(batch * steps);
    for (let row = 0; row < batch; row++) {
      const first = row * streamLength + from;
      data.set(tokens.subarray(first, first + steps), row * steps);
    }
    return tensor(data, { shape: [batch, steps], ...(backend && { backend }) });
  };
  return {
    next() {
      // A rest of one step would teach little at a tiny rate.
      if (streamLength - start < 2) start = 0;
      const base = rng.next() < halfProbability ? time / 2 : time;
      const drawn = Math.max(shortest, Math.floor(base + deviation * rng.nextNormal()));
      const steps = Math.min(drawn, streamLength - start);
      const batchOfChunk = { inputs: rows(start, steps), targets: rows(start + 1, steps) };
      const reset = start === 0;
      start += steps;
      return { batch: batchOfChunk, reset, learningRateScale: steps / time };
    },
    state: () => ({ start, rng: rng.state(), streamLength, batch }),
    restore(state) {
      const saved = checked('source', schema, state);
      if (saved.streamLength !== streamLength || saved.batch !== batch) {
        throw new UnrollError(
          'STATE_MISMATCH',
          `randomLengthStreamSource: there are ${batch} streams of ${streamLength} steps here and were ${saved.batch} of ` +
            `${saved.streamLength} in the run that made the checkpoint. Resume with the same text and batch.`,
        );
      }
      start = saved.start;
      rng = Rng.fromState(saved.rng);
    },
  };
}

function check(name: string, value: number, valid: boolean, range: string): void {
  if (valid) return;
  throw new UnrollError('INVALID_ARGUMENT', `randomLengthStreamSource: ${name} is ${value}; it must be ${range}.`);
}
