import { type Backend, UnrollError } from '@unroll/backend';
import { type Rng, type Tensor, checkRng, tensor } from '@unroll/tensor';
import { checkCount, checkTokenArray } from './checks.ts';
import type { TokenArray } from './token-array.ts';

export interface RandomWindowsOptions {
  /** Windows per batch. */
  readonly batch: number;
  /** Steps per window. */
  readonly time: number;
  readonly rng: Rng;
  /** Default: the active backend. */
  readonly backend?: Backend;
}

/** Windows that have nothing to do with each other: each starts from the initial state. */
export interface WindowBatch {
  /** int32 [batch, time]. */
  readonly inputs: Tensor;
  /** int32 [batch, time]: the token after each input. */
  readonly targets: Tensor;
}

/**
 * Endless batches of windows, each from an equally likely place in a text. A program that saved the state of `rng` continues exactly.
 * Tensors are made when a batch is asked for, in the scope that is open then.
 * @throws UnrollError INVALID_ARGUMENT if the text has no more than `time` tokens
 */
export function randomWindows(
  tokens: TokenArray,
  options: RandomWindowsOptions,
): Generator<WindowBatch, never, undefined> {
  const { batch, time, rng } = options;
  checkRng('randomWindows', rng);
  checkCount('randomWindows', 'batch', batch);
  checkCount('randomWindows', 'time', time);
  checkTokenArray('randomWindows', tokens);
  if (tokens.length <= time) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `randomWindows: a window of ${time} steps needs ${time + 1} tokens, the text has ${tokens.length}. Use a shorter time.`,
    );
  }
  return windows(tokens, options);
}

function* windows(
  tokens: TokenArray,
  { batch, time, rng, backend }: RandomWindowsOptions,
): Generator<WindowBatch, never, undefined> {
  const starts = tokens.length - time;
  for (;;) {
    const inputs = new Int32Array(batch * time);
    const targets = new Int32Array(batch * time);
    for (let row = 0; row < batch; row++) {
      const start = rng.integer(starts);
      inputs.set(tokens.subarray(start, start + time), row * time);
      targets.set(tokens.subarray(start + 1, start + 1 + time), row * time);
    }
    const options = { shape: [batch, time], ...(backend && { backend }) };
    yield { inputs: tensor(inputs, options), targets: tensor(targets, options) };
  }
}
