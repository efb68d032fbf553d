import { UnrollError } from '@unroll/backend';
import type { RecurrentCell, State } from '@unroll/cells';
import { type Tensor, type TensorTree, tensorsOf } from '@unroll/tensor';
import type { Encoded } from '../seq2seq/decoder.ts';
import type { TokenDecoder } from '../seq2seq/token-decoder.ts';

/** A model that scores the next token, about some inputs side by side. A search repeats and gathers their rows as it needs them. */
export interface TokenModel<M extends TensorTree = TensorTree, S extends State = State> {
  /** How many inputs. */
  readonly inputs: number;
  /** What is known of the inputs: leaves are [inputs, …]. */
  readonly memory: M;
  /** Over rows of the memory, token in, logits out: x is int32 [batch, 1], y the logits [batch, vocabulary]. */
  over(memory: M): RecurrentCell<S>;
  /** The state before the first token, [inputs, …]. Default: the cell's initial state. */
  readonly state?: S | undefined;
  /** Where the last step looked, [batch, source], taken out of a state. */
  readonly alignmentOf?: ((state: S) => Tensor) | undefined;
  /** [inputs, source]: 1 live, 0 padding. Default: all live. */
  readonly sourceMask?: Tensor | undefined;
}

/** What a language model goes on from. */
export interface LanguageModelOptions<S extends State> {
  /** A `LanguageModelCell`, or any cell whose x is int32 [batch, 1] and whose y are logits. */
  readonly cell: RecurrentCell<S>;
  /** After what was read already, [inputs, …]. Default: the cell's initial state, of one input. */
  readonly state?: S | undefined;
}

/** A cell that scores tokens, about nothing but its state. */
export function languageModel<S extends State>({ cell, state }: LanguageModelOptions<S>): TokenModel<readonly [], S> {
  const inputs = state === undefined ? 1 : tensorsOf(state)[0]?.shape[0];
  if (inputs === undefined) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      'languageModel: the state has no tensor that tells how many inputs there are.',
    );
  }
  return { inputs, memory: [], over: () => cell, state };
}

/** The decoder of an encoder-decoder, about sources that were encoded: `sourceModel(model.decoder, model.encode(source, { mask }))`. */
export function sourceModel<M extends TensorTree, C extends State, S extends State>(
  decoder: TokenDecoder<M, C, S>,
  source: Encoded,
): TokenModel<M, S> {
  const { memory, state } = decoder.begin(source);
  const inner = decoder.decoder;
  return {
    inputs: source.ys.shape[0]!,
    memory,
    over: (rows) => decoder.over(rows),
    state,
    alignmentOf: inner.alignmentOf && ((after) => inner.alignmentOf!(after)),
    sourceMask: source.mask,
  };
}
