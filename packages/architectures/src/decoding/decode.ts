import { checkGiven } from '@unroll/backend';
import type { State } from '@unroll/cells';
import type { TensorTree } from '@unroll/tensor';
import type { ChooseToken } from '../generation/choose-token.ts';
import { ChosenSequence } from './chosen-sequence.ts';
import { type DecodingOptions, checkLengths } from './decoding-options.ts';
import { holdModel } from './hold-model.ts';
import type { Hypothesis, WrittenToken } from './hypothesis.ts';
import { resultOf, runTracks } from './track.ts';

export interface DecodeSequencesOptions<M extends TensorTree, S extends State> extends DecodingOptions<M, S> {
  /** `greedy()`, or `sampled({ rng, temperature, topK, topP })`, which draws from what the constraints leave. */
  readonly choose: ChooseToken;
}

/**
 * Writes a sequence for each input of the model, one token after the other, each chosen for good: greedily or by chance. All inputs are one
 * step of the backend. Where the tokens are drawn, those of one step are drawn in the order of the inputs.
 *
 *     const [translation] = await decode({ model: () => sourceModel(decoder, encode(source)), start, end, maxLength: 100, choose: greedy() });
 *
 * @throws UnrollError INVALID_ARGUMENT for a length below 1, or if `choose` gives no token; INDEX_OUT_OF_RANGE for one that there is not;
 * what `choose` throws; the reason of the signal
 */
export function decode<M extends TensorTree, S extends State>(
  options: DecodeSequencesOptions<M, S>,
): Promise<readonly Hypothesis[]> {
  return resultOf(streamDecode(options));
}

/** The same, and gives tokens as they are chosen. Memory stays flat, also when it is abandoned. */
export async function* streamDecode<M extends TensorTree, S extends State>(
  options: DecodeSequencesOptions<M, S>,
): AsyncGenerator<WrittenToken, readonly Hypothesis[], undefined> {
  const { start, end, maxLength, minLength = 1, constraints = [], choose, signal } = options;
  checkGiven('decode', { model: options.model, start, end, choose });
  checkLengths('decode', minLength, maxLength);
  const { model, release } = holdModel(options.model);
  try {
    const restrictions = { end, minLength, maxLength, constraints };
    const inputs = Array.from({ length: model.inputs }, (_, input) => input);
    const sequences = inputs.map((input) => new ChosenSequence({ input, ...restrictions }, choose));
    yield* runTracks(sequences, { model, start, width: 1, signal });
    return sequences.map(({ hypothesis }) => hypothesis);
  } finally {
    release();
  }
}
