import { checkGiven } from '@unroll/backend';
import type { State } from '@unroll/cells';
import { type TensorTree, checkTensors } from '@unroll/tensor';
import type { EncoderDecoder, TokenBatch } from '../seq2seq/encoder-decoder.ts';
import { type BeamSearchOptions, beamSearch } from './beam-search.ts';
import { sourceModel } from './token-model.ts';

export interface TranslateOptions<M extends TensorTree, C extends State, S extends State> extends Omit<
  BeamSearchOptions<M, S>,
  'model' | 'beamSize' | 'nBest'
> {
  readonly model: EncoderDecoder<M, C, S>;
  /** What is read: tokens int32 [batch, source], mask [batch, source]. */
  readonly source: TokenBatch;
  /** Hypotheses that are followed at a time. 1 is greedy. Default 4. */
  readonly beamSize?: number;
}

/**
 * What an encoder-decoder writes about each source: the tokens of the best hypothesis of a `beamSearch`, without the end. For scores, alignments or
 * more than one hypothesis call that.
 * @throws as `beamSearch`
 */
export async function translate<M extends TensorTree, C extends State, S extends State>(
  options: TranslateOptions<M, C, S>,
): Promise<readonly (readonly number[])[]> {
  const { model, source, beamSize = 4, ...how } = options;
  checkGiven('translate', { model, source });
  checkTensors('translate', { 'source.tokens': source.tokens });
  const found = await beamSearch({
    ...how,
    model: () => sourceModel(model.decoder, model.encode(source.tokens, { mask: source.mask })),
    beamSize,
  });
  return found.map(([best]) => (best!.ended ? best!.tokens.slice(0, -1) : best!.tokens));
}
