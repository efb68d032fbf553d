import { type Backend, type DType, UnrollError, checkGiven } from '@unroll/backend';
import { type Tensor, tensor } from '@unroll/tensor';
import { checkCount, checkList, described } from './checks.ts';
import { type PaddingSide, longest, maskFromLengths } from './mask.ts';

export interface PadOptions {
  /** The common length. Default: that of the longest sequence. */
  readonly length?: number;
  /** What fills up. Default 0. */
  readonly value?: number;
  /** Where to fill up. Default right. */
  readonly side?: PaddingSide;
  /** Of the mask. Default float32. */
  readonly dtype?: DType;
  /** Default: the active backend. */
  readonly backend?: Backend;
}

/** What to do with one sequence. */
export const ONE_ALONE = 'One alone goes into a list, too.';

/** Sequences of unlike lengths as one batch. */
export interface PaddedBatch {
  /** int32 [batch, time]. */
  readonly tokens: Tensor;
  /** [batch, time], 1 on a sequence, 0 on padding. */
  readonly mask: Tensor;
  /** Of each sequence. */
  readonly lengths: readonly number[];
}

/**
 * Fills sequences of integers up to one length.
 * @throws UnrollError INVALID_ARGUMENT if there is no sequence, one is longer than `length`, or an element is no int32
 */
export function pad(sequences: readonly ArrayLike<number>[], options: PadOptions = {}): PaddedBatch {
  const { value = 0, side = 'right', backend, dtype = 'float32' } = options;
  checkGiven('pad', { sequences });
  checkList('pad', 'the sequences', sequences, ONE_ALONE);
  for (const [row, sequence] of sequences.entries()) checkSequence(row, sequence);
  if (sequences.length === 0) throw new UnrollError('INVALID_ARGUMENT', 'pad: needs at least one sequence.');
  const lengths = sequences.map((sequence) => sequence.length);
  const length = options.length ?? longest(lengths);
  checkCount('pad', 'length', length, 0);
  checkInteger('the padding value', value);
  const tokens = new Int32Array(sequences.length * length).fill(value);
  for (const [row, sequence] of sequences.entries()) {
    if (sequence.length > length) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `pad: sequence ${row} has ${sequence.length} elements, more than the length ${length}. Cut it, or leave length out.`,
      );
    }
    for (let i = 0; i < sequence.length; i++) checkInteger(`element ${i} of sequence ${row}`, sequence[i]!);
    tokens.set(sequence, row * length + (side === 'left' ? length - sequence.length : 0));
  }
  const on = backend && { backend };
  return {
    tokens: tensor(tokens, { shape: [sequences.length, length], ...on }),
    mask: maskFromLengths(lengths, { length, side, dtype, ...on }),
    lengths,
  };
}

/**
 * The sequences inside of a padded batch: the inverse of `pad`.
 * @param data the elements of [batch, time], row-major, as `await tokens.data()` gives them
 * @throws UnrollError SHAPE_MISMATCH if the elements do not divide into as many rows, INVALID_ARGUMENT if a length exceeds a row
 */
export function unpad(
  data: ArrayLike<number>,
  { lengths, side = 'right' }: { readonly lengths: readonly number[]; readonly side?: PaddingSide },
): number[][] {
  checkGiven('unpad', { data, lengths });
  const time = lengths.length === 0 ? 0 : data.length / lengths.length;
  if (!Number.isInteger(time) || (lengths.length === 0 && data.length > 0)) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `unpad: ${data.length} elements do not divide into ${lengths.length} rows.`,
    );
  }
  return lengths.map((length, row) => {
    checkCount('unpad', `length ${row}`, length, 0);
    if (length > time) {
      throw new UnrollError('INVALID_ARGUMENT', `unpad: length ${row} is ${length}, but a row has ${time} elements.`);
    }
    const start = row * time + (side === 'left' ? time - length : 0);
    return Array.from({ length }, (_, i) => data[start + i]!);
  });
}

function checkSequence(row: number, sequence: unknown): void {
  if (Array.isArray(sequence) || ArrayBuffer.isView(sequence) || typeof sequence === 'string') return;
  if (typeof sequence === 'object' && sequence !== null && Number.isInteger(Reflect.get(sequence, 'length'))) return;
  const remedy = typeof sequence === 'number' ? ONE_ALONE : 'A sequence is a list of integers.';
  throw new UnrollError('INVALID_ARGUMENT', `pad: sequence ${row} is ${described(sequence)}, no list. ${remedy}`);
}

function checkInteger(what: string, value: number): void {
  if (Number.isInteger(value) && value === (value | 0)) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `pad: ${what} is ${value}; it must be a 32-bit integer, as tokens are ids.`,
  );
}
