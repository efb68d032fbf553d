import { type TypedArray, UnrollError, allocate, formatShape, checkGiven } from '@unroll/backend';
import { type Tensor, checkTensors, keep, scope } from '@unroll/tensor';
import { EventLoop } from './event-loop.ts';

const YIELD_MILLISECONDS = 50;

export interface PredictOptions<Item> {
  /** How many items are taken at once. */
  readonly batch: number;
  /** What the model makes of some items: [items, …], without an rng, so that nothing is dropped. What it makes besides is freed. */
  readonly forward: (items: readonly Item[]) => Tensor;
  /** Ends it between two batches, with the signal's reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a model makes of all items, batch by batch: the elements of [items, …], in the order of the items. Nothing is recorded, memory is freed
 * after each batch, and timers and input get their turn. The device is read asynchronously, as GPUs want it.
 *
 *     const classes = await predict(reviews, { batch: 256, forward: (some) => logitsOf(some).argmax(1) });
 *
 * @throws UnrollError INVALID_ARGUMENT for items that are no list, or a batch that is no count; SHAPE_MISMATCH if a batch gives not a row for each item, or rows of another
 * size or dtype than those before; the signal's reason
 */
export async function predict<Item>(
  items: readonly Item[],
  { batch, forward, signal }: PredictOptions<Item>,
): Promise<TypedArray> {
  if (!Number.isSafeInteger(batch) || batch < 1) {
    throw new UnrollError('INVALID_ARGUMENT', `predict: batch is ${batch}; it must be an integer from 1 on.`);
  }
  checkGiven('predict', { items, forward });
  if (!Number.isInteger(items.length)) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      'predict: the items are no list. Array.from(items) makes one of a set or a generator.',
    );
  }
  const eventLoop = new EventLoop(YIELD_MILLISECONDS);
  let all: TypedArray | undefined;
  for (let start = 0; start < items.length; start += batch) {
    signal?.throwIfAborted();
    const some = items.slice(start, start + batch);
    const rows = scope(() => {
      const made = forward(some);
      checkTensors('predict', { 'what forward gave': made });
      return keep(made.detach());
    });
    const { shape, dtype, size } = rows;
    const data = await rows.data().finally(() => rows.dispose());
    const rowSize = size / some.length;
    const isRows = shape[0] === some.length;
    if (isRows) all ??= allocate(dtype, items.length * rowSize);
    if (!all || !isRows || all.length !== items.length * rowSize || all.constructor !== data.constructor) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `predict: ${some.length} items gave ${formatShape(shape)} ${dtype}. Each item must give a row, all of one size and dtype: ` +
          'reduce over time, or pad to one length.',
      );
    }
    all.set(data, start * rowSize);
    await eventLoop.giveWay();
  }
  return all ?? new Float32Array(0);
}
