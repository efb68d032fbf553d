import { checkGiven } from '@unroll/backend';
import { type Rng, checkRng } from '@unroll/tensor';
import { checkCount, checkItems } from './checks.ts';

export interface ShuffledBatchesOptions {
  /** Items per batch. */
  readonly batch: number;
  readonly rng: Rng;
  /** Leaves out the last batch if it is not full. Default: it is kept. */
  readonly dropLast?: boolean;
}

/**
 * One pass over the items in random order, in batches. Call it again for the next pass, with the same rng.
 * The order is drawn when the first batch is asked for.
 * @throws UnrollError INVALID_ARGUMENT for items that are no list, or a batch that is no count
 */
export function shuffledBatches<Item>(
  items: readonly Item[],
  options: ShuffledBatchesOptions,
): Generator<Item[], void, undefined> {
  checkItems('shuffledBatches', items);
  checkCount('shuffledBatches', 'batch', options.batch);
  checkRng('shuffledBatches', options.rng);
  return shuffled(items, options);
}

function* shuffled<Item>(
  items: readonly Item[],
  { batch, rng, dropLast = false }: ShuffledBatchesOptions,
): Generator<Item[], void, undefined> {
  const order = rng.permutation(items.length);
  const end = dropLast ? items.length - (items.length % batch) : items.length;
  for (let start = 0; start < end; start += batch) {
    yield Array.from(order.subarray(start, start + batch), (i) => items[i]!);
  }
}

export interface BucketedBatchesOptions<Item> extends ShuffledBatchesOptions {
  /** The length of an item: the number of steps that it takes in a padded batch. */
  readonly length: (item: Item) => number;
  /** How many items are sorted together, rounded up to whole batches. More give less padding and less chance. Default: 100 batches. */
  readonly window?: number;
}

/**
 * One pass over the items in batches of like length, so that little padding is needed: the items are shuffled, sorted by length inside
 * windows, cut into batches, and the batches are shuffled. Items of one length meet at random. Call it again for the next pass.
 * The order is drawn when the first batch is asked for.
 * @throws UnrollError INVALID_ARGUMENT for items that are no list, or a batch or a window that is no count
 */
export function bucketedBatches<Item>(
  items: readonly Item[],
  options: BucketedBatchesOptions<Item>,
): Generator<Item[], void, undefined> {
  const { batch, rng, window = 1 } = options;
  checkItems('bucketedBatches', items);
  checkCount('bucketedBatches', 'batch', batch);
  checkCount('bucketedBatches', 'window', window);
  checkRng('bucketedBatches', rng);
  checkGiven('bucketedBatches', { length: options.length });
  return bucketed(items, options);
}

function* bucketed<Item>(
  items: readonly Item[],
  { batch, rng, dropLast = false, length, window = 100 * batch }: BucketedBatchesOptions<Item>,
): Generator<Item[], void, undefined> {
  const stretch = Math.ceil(window / batch) * batch;
  const drawn = Array.from(rng.permutation(items.length), (i) => ({ item: items[i]!, length: length(items[i]!) }));
  const batches: Item[][] = [];
  for (let start = 0; start < drawn.length; start += stretch) {
    const sorted = drawn.slice(start, start + stretch).toSorted((a, b) => a.length - b.length);
    for (let at = 0; at < sorted.length; at += batch) {
      batches.push(sorted.slice(at, at + batch).map(({ item }) => item));
    }
  }
  if (dropLast && items.length % batch > 0) batches.pop();
  for (const i of rng.permutation(batches.length)) yield batches[i]!;
}
