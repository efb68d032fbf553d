import { type Initializer, checkSizes, drawParameter, linear, uniform } from '@unroll/layers';
import { type Parameter, type Rng, type Tensor } from '@unroll/tensor';
import { type AttentionScore, checkKeys, checkQuery } from './attention-score.ts';
import { products } from './dot.ts';

export interface GeneralScoreOptions {
  readonly querySize: number;
  readonly keySize: number;
  /** Draws the initial weight. */
  readonly rng: Rng;
  /** How the weight starts. Default U(−1/√keySize, 1/√keySize). */
  readonly initializer?: Initializer;
}

/** scoreᵢ = qᵀ W kᵢ, also called bilinear or multiplicative (Luong, Pham & Manning 2015). */
export class GeneralScore implements AttentionScore {
  /** [querySize, keySize] */
  readonly weight: Parameter;

  constructor({ querySize, keySize, rng, initializer = uniform(1 / Math.sqrt(keySize)) }: GeneralScoreOptions) {
    checkSizes(this, { querySize, keySize });
    this.weight = drawParameter(this, initializer, [querySize, keySize], rng);
  }

  /** keys [batch, source, keySize] → W kᵢ: [batch, source, querySize]. */
  prepare(keys: Tensor): Tensor {
    checkKeys('GeneralScore', keys, this.weight.value.shape[1]);
    return linear(keys, this.weight);
  }

  /** query [batch, querySize], prepared keys [batch, source, querySize] → [batch, source]. */
  score(query: Tensor, prepared: Tensor): Tensor {
    checkQuery('GeneralScore', query, prepared.shape[2]!);
    return products(query, prepared);
  }
}
