import { UnrollError, formatShape, checkGiven } from '@unroll/backend';
import { type Tensor, concat, tensor, zeros, checkTensors } from '@unroll/tensor';
import { checkCount } from '../checks.ts';
import type { PaddingSide } from '../mask.ts';

/** Sequences of unlike lengths without their padding, in the layout of PyTorch's PackedSequence. */
export interface PackedSequence {
  /** [Σ lengths, …]: the first step of all sequences, longest first, then the second step of all that have one, and so on. */
  readonly data: Tensor;
  /** Of each step, how many sequences have it. */
  readonly batchSizes: readonly number[];
  /** `sortedIndices[k]` is the place in the batch of the k-th longest sequence; those of one length stay in order. */
  readonly sortedIndices: readonly number[];
  /** The inverse: `unsortedIndices[i]` is the rank by length of sequence i. */
  readonly unsortedIndices: readonly number[];
}

export interface PackOptions {
  /** Of each sequence, in any order. */
  readonly lengths: readonly number[];
  /** Where the padding lies. Default right. */
  readonly side?: PaddingSide;
}

/**
 * Takes the padding out of a batch: [batch, time, …] → packed. Sorts by length by itself. Made of a gather, so gradients flow through it.
 * @throws UnrollError SHAPE_MISMATCH unless there is a length for each sequence; INVALID_ARGUMENT for a length outside of 0 to time
 */
export function pack(xs: Tensor, { lengths, side = 'right' }: PackOptions): PackedSequence {
  const [batch, time] = batchAndTime('pack', xs, lengths);
  const { sortedIndices, unsortedIndices, batchSizes } = packedLayout(lengths);
  const rows = batchSizes.flatMap((size, step) =>
    sortedIndices.slice(0, size).map((i) => i * time + (side === 'left' ? time - lengths[i]! : 0) + step),
  );
  const data = xs.reshape([batch * time, ...xs.shape.slice(2)]).gather(indices(rows, xs));
  return { data, batchSizes, sortedIndices, unsortedIndices };
}

export interface UnpackOptions {
  /** The common length. Default: that of the longest sequence. */
  readonly length?: number;
  /** What fills up. Default 0. */
  readonly value?: number;
  /** Where to fill up. Default right. */
  readonly side?: PaddingSide;
}

/** A padded batch again: [batch, time, …] in the order before packing, and the length of each sequence. */
export interface UnpackedBatch {
  readonly xs: Tensor;
  readonly lengths: readonly number[];
}

/**
 * Puts the padding back: the inverse of `pack`. Made of a gather, so gradients flow through it.
 * @throws UnrollError INVALID_ARGUMENT if a sequence is longer than `length`; SHAPE_MISMATCH if the data has not Σ batchSizes rows
 */
export function unpack(
  { data, batchSizes, unsortedIndices }: PackedSequence,
  options: UnpackOptions = {},
): UnpackedBatch {
  const { side = 'right', value = 0, length = batchSizes.length } = options;
  checkCount('unpack', 'length', length, 0);
  const count = batchSizes.reduce((sum, size) => sum + size, 0);
  if (data.shape[0] !== count) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `unpack: the data ${formatShape(data.shape)} has not as many rows as batchSizes say, ${count}.`,
    );
  }
  if (batchSizes.length > length) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `unpack: a sequence has ${batchSizes.length} steps, more than the length ${length}. Leave length out, or raise it.`,
    );
  }
  const lengths = unsortedIndices.map((rank) => batchSizes.filter((size) => size > rank).length);
  const starts = batchSizes.map((_, step) => batchSizes.slice(0, step).reduce((sum, size) => sum + size, 0));
  // All padding is one row after the last.
  const rows = lengths.flatMap((own, i) =>
    Array.from({ length }, (_, t) => {
      const step = side === 'left' ? t - (length - own) : t;
      return step >= 0 && step < own ? starts[step]! + unsortedIndices[i]! : count;
    }),
  );
  const shape = data.shape.slice(1);
  const padding = zeros([1, ...shape], { dtype: data.dtype, backend: data.backend });
  const withPadding = concat([data, value === 0 ? padding : padding.add(value).cast(data.dtype)], 0);
  const xs = withPadding.gather(indices(rows, data)).reshape([lengths.length, length, ...shape]);
  return { xs, lengths };
}

/**
 * Turns each sequence of a batch round and leaves its padding where it is: [batch, time, …] → the same shape. So the backward direction meets
 * the last true step first.
 * @throws UnrollError SHAPE_MISMATCH unless there is a length for each sequence; INVALID_ARGUMENT for a length outside of 0 to time
 */
export function reverseByLength(xs: Tensor, { lengths, side = 'right' }: PackOptions): Tensor {
  const [batch, time] = batchAndTime('reverseByLength', xs, lengths);
  const rows = lengths.flatMap((length, i) => {
    const start = side === 'left' ? time - length : 0;
    return Array.from({ length: time }, (_, t) => {
      const inside = t >= start && t < start + length;
      return i * time + (inside ? 2 * start + length - 1 - t : t);
    });
  });
  return xs
    .reshape([batch * time, ...xs.shape.slice(2)])
    .gather(indices(rows, xs))
    .reshape(xs.shape);
}

/** The order that packing needs: without a tensor, for those who have their own arrays. */
export function packedLayout(lengths: readonly number[]): Omit<PackedSequence, 'data'> {
  const sortedIndices = lengths.map((_, i) => i).toSorted((a, b) => lengths[b]! - lengths[a]!);
  const unsortedIndices = lengths.map(() => 0);
  for (const [rank, i] of sortedIndices.entries()) unsortedIndices[i] = rank;
  const steps = lengths.length === 0 ? 0 : lengths[sortedIndices[0]!]!;
  const batchSizes = Array.from({ length: steps }, (_, step) => lengths.filter((length) => length > step).length);
  return { batchSizes, sortedIndices, unsortedIndices };
}

function batchAndTime(where: string, xs: Tensor, lengths: readonly number[]): readonly [number, number] {
  checkTensors(where, { xs });
  checkGiven(where, { lengths });
  const [batch, time] = xs.shape;
  if (batch === undefined || time === undefined || batch !== lengths.length) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `${where}: ${lengths.length} lengths for a batch ${formatShape(xs.shape)}. It must be [batch, time, …], with one length for each sequence.`,
    );
  }
  for (const [i, length] of lengths.entries()) {
    if (Number.isInteger(length) && length >= 0 && length <= time) continue;
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `${where}: length ${i} is ${length}; it must be an integer from 0 to ${time}.`,
    );
  }
  return [batch, time];
}

function indices(rows: readonly number[], like: Tensor): Tensor {
  return tensor(Int32Array.from(rows), { shape: [rows.length], backend: like.backend });
}
