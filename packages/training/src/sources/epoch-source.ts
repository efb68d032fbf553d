import { UnrollError, checkGiven } from '@unroll/backend';
import {
  type BucketedBatchesOptions,
  type ShuffledBatchesOptions,
  type TokenBatchesOptions,
  bucketedBatches,
  shuffledBatches,
  tokenBatches,
} from '@unroll/data';
import { Rng, checkRng, scope } from '@unroll/tensor';
import * as v from 'valibot';
import { checked, count, rngState } from '../checked.ts';
import type { BatchSource } from './batch-source.ts';

const schema = v.strictObject({ epoch: count, taken: count, rng: rngState });

export interface EpochSourceOptions<Batch> {
  /** One pass over the data, at least one batch. All that is random in it must come from `rng`. */
  readonly epoch: (rng: Rng) => Iterable<Batch>;
  /** Forked once, so that it may serve elsewhere too. */
  readonly rng: Rng;
  /** How many batches `epoch` gives, if that is known before: `fit` can then count in `epochs`. */
  readonly batchesPerEpoch?: number | undefined;
}

/**
 * Epoch after epoch of independent batches. The state is the random state at the start of the epoch and the number of batches
 * taken since; restoring takes that many again.
 */
export function epochSource<Batch>({ epoch, rng, batchesPerEpoch }: EpochSourceOptions<Batch>): BatchSource<Batch> {
  checkRng('epochSource', rng);
  checkGiven('epochSource', { epoch });
  let own = rng.fork();
  let current: { readonly batches: Iterator<Batch>; readonly rng: readonly number[]; taken: number } | undefined;
  let epochs = 0;

  const begin = (): NonNullable<typeof current> => {
    const state = own.state();
    return { rng: state, batches: epoch(own)[Symbol.iterator](), taken: 0 };
  };
  return {
    batchesPerEpoch,
    next() {
      current ??= begin();
      let result = current.batches.next();
      if (result.done && current.taken > 0) {
        epochs++;
        current = begin();
        result = current.batches.next();
      }
      if (result.done) {
        throw new UnrollError('INVALID_ARGUMENT', 'epochSource: an epoch has no batch. Give it more data.');
      }
      current.taken++;
      return { batch: result.value, reset: true };
    },
    state: () => ({ epoch: epochs, taken: current?.taken ?? 0, rng: current?.rng ?? own.state() }),
    restore(state) {
      const saved = checked('source', schema, state);
      current?.batches.return?.();
      own = Rng.fromState(saved.rng);
      epochs = saved.epoch;
      current = undefined;
      if (saved.taken === 0) return;
      const replayed = begin();
      scope(() => {
        while (replayed.taken < saved.taken && !replayed.batches.next().done) replayed.taken++;
      });
      if (replayed.taken < saved.taken) {
        throw new UnrollError(
          'STATE_MISMATCH',
          `epochSource: the checkpoint was made ${saved.taken} batches into an epoch; an epoch has ${replayed.taken} here. ` +
            'Resume with the same data and batch size.',
        );
      }
      current = replayed;
    },
  };
}

/** Items in random order, `batch` at a time: an epoch is `shuffledBatches`. */
export function shuffledSource<Item>(
  items: readonly Item[],
  { rng, ...options }: ShuffledBatchesOptions,
): BatchSource<Item[]> {
  // Refuses here what can't be, and draws nothing.
  shuffledBatches(items, { ...options, rng });
  const batchesPerEpoch = batchesOf(items.length, options);
  return epochSource({ rng, batchesPerEpoch, epoch: (rng) => shuffledBatches(items, { ...options, rng }) });
}

/** Batches of items of like length: an epoch is `bucketedBatches`. */
export function bucketedSource<Item>(
  items: readonly Item[],
  { rng, ...options }: BucketedBatchesOptions<Item>,
): BatchSource<Item[]> {
  bucketedBatches(items, { ...options, rng });
  const batchesPerEpoch = batchesOf(items.length, options);
  return epochSource({ rng, batchesPerEpoch, epoch: (rng) => bucketedBatches(items, { ...options, rng }) });
}

/** Batches of about as many tokens: an epoch is `tokenBatches`. How many they are is known only when they are drawn: count in `steps`. */
export function tokenBatchSource<Item>(
  items: readonly Item[],
  { rng, ...options }: TokenBatchesOptions<Item>,
): BatchSource<Item[]> {
  tokenBatches(items, { ...options, rng });
  return epochSource({ rng, epoch: (rng) => tokenBatches(items, { ...options, rng }) });
}

function batchesOf(items: number, { batch, dropLast = false }: Omit<ShuffledBatchesOptions, 'rng'>): number {
  return dropLast ? Math.floor(items / batch) : Math.ceil(items / batch);
}
