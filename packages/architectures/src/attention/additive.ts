import { type Initializer, checkSizes, drawParameter, linear, uniform } from '@unroll/layers';
import { type Parameter, type Rng, type Tensor } from '@unroll/tensor';
import { type AttentionHistory, type AttentionScore, checkKeys, checkQuery } from './attention-score.ts';

export interface AdditiveScoreOptions {
  readonly querySize: number;
  readonly keySize: number;
  /** Units of the hidden layer. */
  readonly attentionSize: number;
  /** Draws the initial parameters. */
  readonly rng: Rng;
  /** How every parameter starts. Default U(−1/√n, 1/√n), n the number of features that it reads. */
  readonly initializer?: Initializer;
}

/**
 * A network with one hidden layer, as in the first attention decoder (Bahdanau, Cho & Bengio 2015):
 *
 *     scoreᵢ = vᵀ tanh(W_q q + W_k kᵢ + b)
 */
export class AdditiveScore implements AttentionScore {
  /** W_q: [attentionSize, querySize] */
  readonly weight_query: Parameter;
  /** W_k: [attentionSize, keySize] */
  readonly weight_key: Parameter;
  /** b: [attentionSize] */
  readonly bias: Parameter;
  /** v: [attentionSize] */
  readonly weight_score: Parameter;

  constructor({ querySize, keySize, attentionSize, rng, initializer }: AdditiveScoreOptions) {
    checkSizes(this, { querySize, keySize, attentionSize });
    const draw = (shape: readonly number[], reads: number): Parameter =>
      drawParameter(this, initializer ?? uniform(1 / Math.sqrt(reads)), shape, rng);
    this.weight_query = draw([attentionSize, querySize], querySize);
    this.weight_key = draw([attentionSize, keySize], keySize);
    this.bias = draw([attentionSize], keySize);
    this.weight_score = draw([attentionSize], attentionSize);
  }

  /** keys [batch, source, keySize] → W_k kᵢ + b: [batch, source, attentionSize]. */
  prepare(keys: Tensor): Tensor {
    checkKeys(this.constructor.name, keys, this.weight_key.value.shape[1]);
    return linear(keys, this.weight_key, this.bias);
  }

  /** query [batch, querySize], prepared keys [batch, source, attentionSize] → [batch, source]. */
  score(query: Tensor, prepared: Tensor, history: AttentionHistory): Tensor {
    checkQuery(this.constructor.name, query, this.weight_query.value.shape[1]!);
    const sum = prepared.add(linear(query, this.weight_query).expandDims(1));
    const past = this.fromHistory(history);
    return (past ? sum.add(past) : sum).tanh().mul(this.weight_score).sum(2);
  }

  /** What the past adds inside of the tanh, [batch, source, attentionSize]; here nothing. */
  protected fromHistory(_history: AttentionHistory): Tensor | undefined {
    return undefined;
  }
}
