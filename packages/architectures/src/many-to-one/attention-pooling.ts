import { checkGiven } from '@unroll/backend';
import { type Initializer, drawParameter, uniform, checkSizes } from '@unroll/layers';
import { type Parameter, type Rng, type Tensor } from '@unroll/tensor';
import type { AttentionScore } from '../attention/attention-score.ts';
import { type Attended, attend, remember } from '../attention/memory.ts';
import type { Pooled, Pooling } from './pooling.ts';

export interface AttentionPoolingOptions {
  readonly score: AttentionScore;
  /** Length of the query. */
  readonly querySize: number;
  /** Draws the initial query. */
  readonly rng: Rng;
  /** How the query starts. Default U(−1/√querySize, 1/√querySize). */
  readonly initializer?: Initializer;
}

/**
 * The average over live steps by attention with one trained query u, which learns what matters (Yang et al. 2016):
 *
 *     a = softmax(score(u, ys)),   y = Σₜ aₜ ysₜ
 */
export class AttentionPooling implements Pooling {
  readonly score: AttentionScore;
  /** u: [querySize] */
  readonly query: Parameter;

  constructor(options: AttentionPoolingOptions) {
    const { score, querySize, rng, initializer = uniform(1 / Math.sqrt(querySize)) } = options;
    checkGiven('AttentionPooling', { score });
    checkSizes(this, { querySize });
    this.score = score;
    this.query = drawParameter(this, initializer, [querySize], rng);
  }

  outputSize(features: number): number {
    return features;
  }

  pool(sequence: Pooled): Tensor {
    return this.look(sequence).context;
  }

  /** The same with the weights [batch, time]: what mattered. */
  look({ ys, mask }: Omit<Pooled, 'final'>): Attended {
    const memory = remember({ score: this.score, values: ys, mask });
    const query = this.query.value.broadcastTo([ys.shape[0]!, this.query.value.size]);
    return attend({ score: this.score, memory, query });
  }
}
