import { type Backend, type DType, UnrollError, allocate, formatShape, checkGiven } from '@unroll/backend';
import { type Tensor, tensor, checkTensors } from '@unroll/tensor';
import { checkCount } from './checks.ts';

/** Where a short sequence is filled up. */
export type PaddingSide = 'right' | 'left';

export interface MaskOptions {
  /** Default: the longest of the lengths. */
  readonly length?: number;
  /** Where the padding lies. Default right. */
  readonly side?: PaddingSide;
  /** Default float32. */
  readonly dtype?: DType;
  /** Default: the active backend. */
  readonly backend?: Backend;
}

/**
 * The mask of a padded batch: [batch, length], 1 on a sequence, 0 on padding.
 * @throws UnrollError INVALID_ARGUMENT if a length is no integer from 0 to `length`
 */
export function maskFromLengths(lengths: ArrayLike<number>, options: MaskOptions = {}): Tensor {
  const { side = 'right', dtype = 'float32', backend } = options;
  checkGiven('maskFromLengths', { lengths });
  const length = options.length ?? longest(lengths);
  checkCount('maskFromLengths', 'length', length, 0);
  const data = allocate(dtype, lengths.length * length);
  for (let row = 0; row < lengths.length; row++) {
    const count = lengths[row]!;
    checkCount('maskFromLengths', `length ${row}`, count, 0);
    if (count > length) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `maskFromLengths: length ${row} is ${count}, the mask has only ${length}.`,
      );
    }
    const start = row * length + (side === 'left' ? length - count : 0);
    data.fill(1, start, start + count);
  }
  return tensor(data, { shape: [lengths.length, length], ...(backend && { backend }) });
}

/** The number of live steps of each sequence: a mask [batch, time] → int32 [batch]. */
export function lengthsFromMask(mask: Tensor): Tensor {
  checkTensors('lengthsFromMask', { mask });
  if (mask.rank === 2) return mask.sum(1).cast('int32');
  throw new UnrollError('SHAPE_MISMATCH', `lengthsFromMask: a mask is [batch, time], not ${formatShape(mask.shape)}.`);
}

export function longest(lengths: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < lengths.length; i++) most = Math.max(most, lengths[i]!);
  return most;
}
