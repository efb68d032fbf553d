import { drawParameter, uniform } from '@unroll/layers';
import { type Parameter, type Tensor } from '@unroll/tensor';
import { AdditiveScore, type AdditiveScoreOptions } from './additive.ts';
import type { AttentionHistory } from './attention-score.ts';

/**
 * Additive attention that knows how much of each position it has used up, so that it neither repeats nor leaves out (the coverage model of Tu et
 * al. 2016, in the form of See, Liu & Manning 2017):
 *
 *     scoreᵢ = vᵀ tanh(W_q q + W_k kᵢ + w_c coverageᵢ + b),   coverage = Σ weights of all steps before
 *
 * `coverageLoss` is its companion.
 */
export class CoverageScore extends AdditiveScore {
  /** w_c: [attentionSize] */
  readonly weight_coverage: Parameter;

  constructor(options: AdditiveScoreOptions) {
    super(options);
    const { attentionSize, rng, initializer = uniform(1) } = options;
    this.weight_coverage = drawParameter(this, initializer, [attentionSize], rng);
  }

  protected override fromHistory({ coverage }: AttentionHistory): Tensor {
    return coverage.expandDims(2).mul(this.weight_coverage);
  }
}
