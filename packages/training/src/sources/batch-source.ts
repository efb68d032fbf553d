import type { Json } from '../json.ts';

/** A batch, and how it relates to the one before. */
export interface NextBatch<Batch> {
  readonly batch: Batch;
  /** The batch does not continue the one before: a state carried from there must not enter it. */
  readonly reset: boolean;
  /** Multiplies the learning rate of the step, where batches are of unequal length. Default 1. */
  readonly learningRateScale?: number;
}

/** Where batches come from; can be saved and restored, so that a resumed run sees the same ones. */
export interface BatchSource<Batch> {
  /** How many batches are one pass over the data, if it has an end: what `epochs` are counted in. */
  readonly batchesPerEpoch?: number | undefined;
  /** The next batch, endlessly. Tensors in it belong to the scope that is open: `fit` frees them after the step. */
  next(): NextBatch<Batch>;
  /** Where the source stands: what `next` gives depends on this alone. Small plain data. */
  state(): Json;
  /**
   * Goes on where a source of the same data stood.
   * @throws UnrollError INVALID_FILE if this is no such state, STATE_MISMATCH if it belongs to other data
   */
  restore(state: Json): void;
}
