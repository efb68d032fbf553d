import { UnrollError, checkGiven } from '@unroll/backend';
import { type Rng, checkRng } from '@unroll/tensor';
import { checkCount, checkItems } from './checks.ts';

export interface TokenBatchesOptions<Item> {
  /** The most tokens in a padded batch: items × the longest of them. */
  readonly tokens: number;
  /** The length of an item: the number of steps that it takes in a padded batch. Of a pair, the longer side. */
  readonly length: (item: Item) => number;
  readonly rng: Rng;
  /** How many items are sorted together. More give less padding and less chance. Default 10 000. */
  readonly window?: number;
}

const WINDOW = 10_000;

/**
 * One pass over the items in batches that hold about the same number of tokens: many short items, or few long ones, so that steps take about
 * the same time and memory. Items of like length stand together, and batches come in random order. Call it again for the next pass.
 * @throws UnrollError INVALID_ARGUMENT at once for items that are no list or an option that is no count, on the way for an item that is longer than a batch may be
 */
export function tokenBatches<Item>(
  items: readonly Item[],
  options: TokenBatchesOptions<Item>,
): Generator<Item[], void, undefined> {
  checkItems('tokenBatches', items);
  check('tokenBatches', options);
  return batches(items, options);
}

function* batches<Item>(
  items: readonly Item[],
  { rng, window = WINDOW, ...options }: TokenBatchesOptions<Item>,
): Generator<Item[], void, undefined> {
  const order = rng.permutation(items.length);
  const all: Item[][] = [];
  for (let start = 0; start < order.length; start += window) {
    const some = Array.from(order.subarray(start, start + window), (i) => items[i]!);
    all.push(...cut('tokenBatches', some, options));
  }
  for (const i of rng.permutation(all.length)) yield all[i]!;
}

/**
 * As `tokenBatches` over items that come one by one, say from a reader: only a window of them is in memory, and chance reaches no farther, so a
 * file should not be sorted.
 * @throws UnrollError INVALID_ARGUMENT at once for an option that is no count, on the way for an item that is longer than a batch may be
 */
export function streamTokenBatches<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  options: TokenBatchesOptions<Item>,
): AsyncGenerator<Item[], void, undefined> {
  check('streamTokenBatches', options);
  return streamed(items, options);
}

async function* streamed<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  { rng, window = WINDOW, ...options }: TokenBatchesOptions<Item>,
): AsyncGenerator<Item[], void, undefined> {
  let some: Item[] = [];
  function* shuffled(): Generator<Item[], void, undefined> {
    const mixed = Array.from(rng.permutation(some.length), (i) => some[i]!);
    const batches = cut('streamTokenBatches', mixed, options);
    for (const i of rng.permutation(batches.length)) yield batches[i]!;
    some = [];
  }
  for await (const item of items) {
    some.push(item);
    if (some.length === window) yield* shuffled();
  }
  yield* shuffled();
}

function check(where: string, { tokens, length, rng, window = WINDOW }: TokenBatchesOptions<never>): void {
  checkGiven(where, { length });
  checkRng(where, rng);
  checkCount(where, 'window', window);
  checkCount(where, 'tokens', tokens);
}

/** Sorts items by length and cuts them so that no batch has more than `tokens`. */
function cut<Item>(
  where: string,
  items: readonly Item[],
  { tokens, length }: Pick<TokenBatchesOptions<Item>, 'tokens' | 'length'>,
): Item[][] {
  const sorted = items.map((item) => ({ item, length: length(item) })).toSorted((a, b) => a.length - b.length);
  const longest = sorted.at(-1);
  if (longest && longest.length > tokens) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `${where}: an item has length ${longest.length}, more than the ${tokens} tokens of a batch. Raise tokens, or leave such items out.`,
    );
  }
  const batches: Item[][] = [];
  let batch: Item[] = [];
  for (const each of sorted) {
    // Sorted, so this item is the longest so far.
    if (batch.length > 0 && (batch.length + 1) * each.length > tokens) {
      batches.push(batch);
      batch = [];
    }
    batch.push(each.item);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
