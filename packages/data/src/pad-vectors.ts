import { type Backend, type DType, UnrollError, allocate, checkGiven } from '@unroll/backend';
import { type Tensor, tensor } from '@unroll/tensor';
import { checkCount } from './checks.ts';
import { type PaddingSide, longest, maskFromLengths } from './mask.ts';

export interface PadVectorsOptions {
  /** The common length. Default: that of the longest sequence. */
  readonly length?: number;
  /** What fills up. Default 0. */
  readonly value?: number;
  /** Where to fill up. Default right. */
  readonly side?: PaddingSide;
  /** Of sequences and mask. Default float32. */
  readonly dtype?: DType;
  /** Default: the active backend. */
  readonly backend?: Backend;
}

/** Sequences of vectors as one batch. */
export interface PaddedVectors {
  /** [batch, time, features] */
  readonly xs: Tensor;
  /** [batch, time], 1 on a sequence, 0 on padding. */
  readonly mask: Tensor;
  /** Of each sequence. */
  readonly lengths: readonly number[];
}

/**
 * Fills sequences of feature vectors up to one length: `sequences[b][t]` is a row of features.
 * @throws UnrollError INVALID_ARGUMENT if there is no step at all, or a sequence is longer than `length`; SHAPE_MISMATCH if rows differ in length
 */
export function padVectors(
  sequences: readonly (readonly ArrayLike<number>[])[],
  options: PadVectorsOptions = {},
): PaddedVectors {
  const { value = 0, side = 'right', dtype = 'float32', backend } = options;
  checkGiven('padVectors', { sequences });
  const features = sequences.find((sequence) => sequence.length > 0)?.[0]?.length;
  if (features === undefined) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      'padVectors: needs at least one sequence with a step, to know the number of features.',
    );
  }
  const lengths = sequences.map((sequence) => sequence.length);
  const length = options.length ?? longest(lengths);
  checkCount('padVectors', 'length', length, 0);
  const data = allocate(dtype, sequences.length * length * features).fill(value);
  for (const [row, sequence] of sequences.entries()) {
    if (sequence.length > length) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `padVectors: sequence ${row} has ${sequence.length} steps, more than the length ${length}. Cut it, or leave length out.`,
      );
    }
    const start = row * length + (side === 'left' ? length - sequence.length : 0);
    for (const [step, vector] of sequence.entries()) {
      if (vector.length !== features) {
        throw new UnrollError(
          'SHAPE_MISMATCH',
          `padVectors: step ${step} of sequence ${row} has ${vector.length} features instead of ${features}.`,
        );
      }
      data.set(vector, (start + step) * features);
    }
  }
  const on = backend && { backend };
  return {
    xs: tensor(data, { shape: [sequences.length, length, features], ...on }),
    mask: maskFromLengths(lengths, { length, side, dtype, ...on }),
    lengths,
  };
}
