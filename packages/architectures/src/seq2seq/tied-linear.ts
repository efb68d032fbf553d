import { checkGiven } from '@unroll/backend';
import { type Embedding, linear } from '@unroll/layers';
import { Parameter, type Tensor, zeros } from '@unroll/tensor';

export interface TiedLinearOptions {
  /** Whose table is the weight. */
  readonly embedding: Embedding;
  /** Whether there is a bias of its own; it starts at 0. Default true. */
  readonly bias?: boolean;
}

/**
 * Logits by the very table that embeds the tokens, y = x Eᵀ + b (Press & Wolf 2017; Inan, Khosravi & Socher 2017). Stands wherever a `Linear` does. The
 * parameter stands in two places and is one: it is listed, saved and trained once, with both gradients added up.
 */
export class TiedLinear {
  /** [vocabulary, size]: the parameter of the embedding */
  readonly weight: Parameter;
  /** [vocabulary] */
  readonly bias: Parameter | undefined;
  readonly inputSize: number;
  readonly outputSize: number;

  constructor({ embedding, bias = true }: TiedLinearOptions) {
    checkGiven('TiedLinear', { embedding });
    this.weight = embedding.weight;
    this.bias = bias ? new Parameter(zeros([embedding.count])) : undefined;
    this.inputSize = embedding.size;
    this.outputSize = embedding.count;
  }

  /** x [..., size] → [..., vocabulary]. */
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
