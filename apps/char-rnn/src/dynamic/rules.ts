import { type Tensor, UnrollError, keep, scope } from '@unroll/tensor';

/** How weights follow the text that is judged. */
export interface DynamicRule {
  /**
   * The next weights. `trained` are those that the model was trained to; all three lists are in the same order, and the result belongs to the
   * caller.
   */
  next(weights: readonly Tensor[], gradients: readonly Tensor[], trained: readonly Tensor[]): readonly Tensor[];
  /** Gives its own memory back. */
  dispose(): void;
}

export interface DynamicRuleOptions {
  /** η. */
  readonly learningRate: number;
  /** λ: how much of the way back to the trained weights is gone after each segment, from 0 to 1. Default 0. */
  readonly decay?: number;
}

/**
 * Plain steps down the gradient, and back towards the trained weights (Krause et al. 2018, eq. 4 with the decay of eq. 6):
 *
 *     θ ← θ − η ∇L + λ (θ_g − θ)
 */
export class GradientRule implements DynamicRule {
  readonly #learningRate: number;
  readonly #decay: number;

  constructor({ learningRate, decay = 0 }: DynamicRuleOptions) {
    check({ learningRate, decay });
    this.#learningRate = learningRate;
    this.#decay = decay;
  }

  next(weights: readonly Tensor[], gradients: readonly Tensor[], trained: readonly Tensor[]): readonly Tensor[] {
    return weights.map((weight, i) => {
      const back = trained[i]!.sub(weight).mul(this.#decay);
      return weight.sub(gradients[i]!.mul(this.#learningRate)).add(back);
    });
  }

  dispose(): void {}
}

/**
 * Steps as large as a weight's gradients usually are small (Krause et al. 2018, eq. 5–7):
 *
 *     θ ← θ − η ∇L / (√MS + ε) + λ r (θ_g − θ)        r = √MS / mean(√MS), λ r at most 1
 *
 * MS is the mean of squared gradients: over the segments read so far. (The paper takes it from the training text; a model file does not
 * hold that.)
 */
export class RmsRule implements DynamicRule {
  readonly #learningRate: number;
  readonly #decay: number;
  #means: readonly Tensor[] | undefined;
  #segments = 0;

  constructor({ learningRate, decay = 0 }: DynamicRuleOptions) {
    check({ learningRate, decay });
    this.#learningRate = learningRate;
    this.#decay = decay;
  }

  next(weights: readonly Tensor[], gradients: readonly Tensor[], trained: readonly Tensor[]): readonly Tensor[] {
    this.#take(gradients);
    const roots = this.#means!.map((mean) => mean.sqrt());
    const count = roots.reduce((sum, root) => sum + root.size, 0);
    const usual = roots.reduce((sum, root) => sum + root.sum().item(), 0) / count;
    return weights.map((weight, i) => {
      const root = roots[i]!;
      const step = gradients[i]!.div(root.add(EPSILON)).mul(this.#learningRate);
      const share = root.mul(this.#decay / (usual + EPSILON)).minimum(1);
      return weight.sub(step).add(trained[i]!.sub(weight).mul(share));
    });
  }

  dispose(): void {
    for (const mean of this.#means ?? []) mean.dispose();
    this.#means = undefined;
    this.#segments = 0;
  }

  #take(gradients: readonly Tensor[]): void {
    this.#segments++;
    const before = this.#means;
    this.#means = scope(() =>
      gradients.map((gradient, i) => {
        const mean = before?.[i];
        const square = gradient.square();
        return keep(mean ? mean.add(square.sub(mean).div(this.#segments)) : square);
      }),
    );
    for (const mean of before ?? []) mean.dispose();
  }
}

const EPSILON = 1e-3;

function check({ learningRate, decay }: Required<DynamicRuleOptions>): void {
  if (!(learningRate > 0 && learningRate < Infinity)) {
    throw new UnrollError('INVALID_ARGUMENT', `The learning rate is ${learningRate}; it must be above 0.`);
  }
  if (decay >= 0 && decay <= 1) return;
  throw new UnrollError('INVALID_ARGUMENT', `The decay is ${decay}; it must be from 0 to 1.`);
}
