import { type Tensor, scope } from '@unroll/tensor';
import { longest } from './mask.ts';
import { type PadOptions, pad } from './pad.ts';

/** Sequences of sequences as one batch. */
export interface NestedBatch {
  /** int32 [batch, time, inner]. */
  readonly tokens: Tensor;
  /** [batch, time, inner], 1 on a token, 0 on padding. */
  readonly mask: Tensor;
}

/** What a decoder reads and writes in training. */
export interface EncodedTargets {
  /** int32 [batch, time]: the beginning, and then the targets without their end. */
  readonly inputs: Tensor;
  /** int32 [batch, time]: the targets, and then their end. */
  readonly targets: Tensor;
  /** [batch, time]: 1 live, 0 padding. */
  readonly mask: Tensor;
}

/** `pad` for sequences of sequences. */
export function padNested(
  sequences: readonly (readonly ArrayLike<number>[])[],
  options: Pick<PadOptions, 'value' | 'dtype' | 'backend'>,
): NestedBatch {
  const time = longest(sequences.map(({ length }) => length));
  const none = new Int32Array();
  const rowsOf = (inner: readonly ArrayLike<number>[]): readonly ArrayLike<number>[] =>
    Array.from({ length: time }, (_, i) => inner[i] ?? none);
  const rows = time === 0 ? sequences.map(() => none) : sequences.flatMap(rowsOf);
  return scope(() => {
    const { tokens, mask } = pad(rows, options);
    const shape = [sequences.length, time, tokens.shape[1]!];
    return { tokens: tokens.reshape(shape), mask: mask.reshape(shape) };
  });
}

/** `pad` for what a decoder reads, begin y₁ … yₙ, and what it writes, y₁ … yₙ end. */
export function encodeTargets(
  targets: readonly Int32Array[],
  {
    begin,
    end,
    ...options
  }: Pick<PadOptions, 'value' | 'dtype' | 'backend'> & { readonly begin: number; readonly end: number },
): EncodedTargets {
  return scope(() => {
    const inputs = pad(
      targets.map((ids) => Int32Array.from([begin, ...ids])),
      options,
    );
    const written = pad(
      targets.map((ids) => Int32Array.from([...ids, end])),
      options,
    );
    return { inputs: inputs.tokens, targets: written.tokens, mask: written.mask };
  });
}
