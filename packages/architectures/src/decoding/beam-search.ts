import { checkGiven } from '@unroll/backend';
import type { State } from '@unroll/cells';
import type { TensorTree } from '@unroll/tensor';
import { Beam } from './beam.ts';
import type { CoveragePenalty } from './coverage-penalty.ts';
import { type DecodingOptions, checkCount, checkLengths } from './decoding-options.ts';
import { holdModel } from './hold-model.ts';
import type { Hypothesis, WrittenToken } from './hypothesis.ts';
import { type LengthPenalty, noLengthPenalty } from './length-penalty.ts';
import { resultOf, runTracks } from './track.ts';

export interface BeamSearchOptions<M extends TensorTree, S extends State> extends DecodingOptions<M, S> {
  /** Hypotheses of an input that are followed at a time. 1 is greedy. */
  readonly beamSize: number;
  /** Hypotheses of an input that are returned at most. Default 1. */
  readonly nBest?: number;
  /** `gnmt({ alpha })`, `averageLength()`. Default `noLengthPenalty()`. */
  readonly lengthPenalty?: LengthPenalty;
  /** `gnmtCoverage({ beta })`, for a model that looks at its source. Default: none. */
  readonly coveragePenalty?: CoveragePenalty;
}

/**
 * Beam search, for each input of the model: at each step the `beamSize` likeliest continuations of all live hypotheses are kept
 * (Graves 2012; Sutskever, Vinyals & Le 2014). One that ends leaves the beam and is ranked by
 *
 *     score = log p(tokens) / lengthPenalty(length) + coveragePenalty(coverage)
 *
 * as one is that was cut off at `maxLength`. It stops when no live hypothesis can get among the `nBest` any more, whatever follows: with
 * the length penalty that is best for it, the other tokens certain and its source covered. So stopping early never changes a result. With a
 * beamSize of at least vocabulary^maxLength it is an exhaustive search.
 *
 * All hypotheses of all inputs are one step of the backend; which of them goes on is a gather inside of that step. Inputs do not touch each
 * other. Gives `nBest` hypotheses or fewer for each input, from the best on, at least one.
 *
 *     const [best] = await beamSearch({
 *       model: () => sourceModel(translator.decoder, translator.encode(source, { mask })),
 *       ...{ start, end, maxLength: 100, beamSize: 5, lengthPenalty: gnmt() },
 *     });
 *
 * @throws UnrollError INVALID_ARGUMENT for a size or a length below 1; NON_FINITE if the model gives NaN; the reason of the signal
 */
export function beamSearch<M extends TensorTree, S extends State>(
  options: BeamSearchOptions<M, S>,
): Promise<readonly (readonly Hypothesis[])[]> {
  return resultOf(streamBeamSearch(options));
}

/**
 * The same, and gives tokens of the best hypothesis of an input as soon as they are certain: when all hypotheses that can still win begin
 * with them. Memory stays flat, also when it is abandoned.
 */
export async function* streamBeamSearch<M extends TensorTree, S extends State>(
  options: BeamSearchOptions<M, S>,
): AsyncGenerator<WrittenToken, readonly (readonly Hypothesis[])[], undefined> {
  const { start, end, maxLength, signal, beamSize, coveragePenalty } = options;
  const { minLength = 1, nBest = 1, lengthPenalty = noLengthPenalty(), constraints = [] } = options;
  checkGiven('beamSearch', { model: options.model, start, end });
  checkLengths('beamSearch', minLength, maxLength);
  checkCount('beamSearch', 'beamSize', beamSize);
  checkCount('beamSearch', 'nBest', nBest);
  const { model, release } = holdModel(options.model);
  try {
    const live = coveragePenalty && (await model.sourceMask?.data());
    const source = live ? live.length / model.inputs : 0;
    const beams = Array.from({ length: model.inputs }, (_, input) => {
      const sourceMask = live?.subarray(input * source, (input + 1) * source);
      const restrictions = { input, end, minLength, maxLength, constraints };
      return new Beam({ ...restrictions, beamSize, nBest, lengthPenalty, coveragePenalty, sourceMask });
    });
    yield* runTracks(beams, { model, start, width: beamSize, signal });
    return beams.map(({ hypotheses }) => hypotheses);
  } finally {
    release();
  }
}
