import { UnrollError } from '@unroll/backend';
import { type Initializer, drawParameter, linear, uniform } from '@unroll/layers';
import { type Parameter, type Tensor, matmul, stack } from '@unroll/tensor';
import { AdditiveScore, type AdditiveScoreOptions } from './additive.ts';
import type { AttentionHistory } from './attention-score.ts';

export interface LocationSensitiveScoreOptions extends AdditiveScoreOptions {
  /** Source positions that a filter sees, odd: the middle one stands at the position that is scored. */
  readonly kernelSize: number;
  /** Filters. */
  readonly channels: number;
  /** What the filters read, [batch, source]. Default: the weights of the step before. `(history) => history.coverage` as in Tacotron 2. */
  readonly of?: (history: AttentionHistory) => Tensor;
}

/**
 * Additive attention that also sees where it looked the step before, so that it can move on by a step (Chorowski et al. 2015):
 *
 *     f = F ∗ a,   scoreᵢ = vᵀ tanh(W_q q + W_k kᵢ + U fᵢ + b)
 *
 * with the weights a of the step before, zero-padded at both ends, and `channels` filters F along the source.
 */
export class LocationSensitiveScore extends AdditiveScore {
  /** F: [channels, kernelSize] */
  readonly weight_filter: Parameter;
  /** U: [attentionSize, channels] */
  readonly weight_location: Parameter;
  readonly #of: (history: AttentionHistory) => Tensor;

  /** @throws UnrollError INVALID_ARGUMENT for an even kernelSize */
  constructor(options: LocationSensitiveScoreOptions) {
    super(options);
    const { attentionSize, kernelSize, channels, rng, initializer, of = ({ weights }) => weights } = options;
    if (!(kernelSize % 2 === 1)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `LocationSensitiveScore: kernelSize is ${kernelSize}; an odd number has a middle.`,
      );
    }
    const usual = (reads: number): Initializer => initializer ?? uniform(1 / Math.sqrt(reads));
    this.weight_filter = drawParameter(this, usual(kernelSize), [channels, kernelSize], rng);
    this.weight_location = drawParameter(this, usual(channels), [attentionSize, channels], rng);
    this.#of = of;
  }

  protected override fromHistory(history: AttentionHistory): Tensor {
    const past = this.#of(history);
    const [source, size] = [past.shape[1]!, this.weight_filter.value.shape[1]!];
    const reach = (size - 1) / 2;
    const padded = past.pad(1, reach, reach);
    const windows = stack(
      Array.from({ length: size }, (_, shift) => padded.slice(1, shift, source)),
      2,
    );
    // U (F ∗ a) = (U F) ∗ a: the product of the weights is the same for all steps.
    return linear(windows, matmul(this.weight_location, this.weight_filter));
  }
}
