import { type Rng, checkRng } from '@unroll/tensor';
import { checkCount } from './checks.ts';

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
 */
export function* shuffledBatches<Item>(
  items: readonly Item[],
  { batch, rng, dropLast = false }: ShuffledBatchesOptions,
): Generator<Item[], void, undefined> {
  checkCount('shuffledBatches', 'batch', batch);
  checkRng('shuffledBatches', rng);
  const order = rng.permutation(items.length);
  const end = dropLast ? items.length - (items.length % batch) : items.length;
  for (let start = 0; start < end; start += batch) {
    yield Array.from(order.subarray(start, start + batch), (i) => items[i]!);
  }
}

export interface BucketedBatchesOptions<Item> extends ShuffledBatchesOptions {
  /** The length of an item: the number of steps that it takes in a padded batch. */
  readonly length: (item: Item) => number;
  /**
   * How many batches' items are sorted together. More give less padding and less chance. Default 100.
   */
  readonly window?: number;
}

/**
 * One pass over the items in batches of like length, so that little padding is needed: the items are shuffled, sorted by length inside
 * windows, cut into batches, and the batches are shuffled. Items of one length meet at random. Call it again for the next pass.
 */
export function* bucketedBatches<Item>(
  items: readonly Item[],
  { batch, rng, dropLast = false, length, window = 100 }: BucketedBatchesOptions<Item>,
): Generator<Item[], void, undefined> {
  checkCount('bucketedBatches', 'batch', batch);
  checkCount('bucketedBatches', 'window', window);
  checkRng('bucketedBatches', rng);
  const shuffled = Array.from(rng.permutation(items.length), (i) => ({ item: items[i]!, length: length(items[i]!) }));
  const batches: Item[][] = [];
  for (let start = 0; start < shuffled.length; start += batch * window) {
    const sorted = shuffled.slice(start, start + batch * window).toSorted((a, b) => a.length - b.length);
    for (let at = 0; at < sorted.length; at += batch) {
      batches.push(sorted.slice(at, at + batch).map(({ item }) => item));
    }
  }
  if (dropLast && items.length % batch > 0) batches.pop();
  for (const i of rng.permutation(batches.length)) yield batches[i]!;
}
