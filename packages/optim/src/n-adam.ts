import { type Tensor, zerosLike } from '@unroll/tensor';
import { type MomentOptions, momentNumbers } from './adam.ts';
import { SlotOptimizer, type UpdateContext } from './slot-optimizer.ts';
import { movingAverage, penalized } from './terms.ts';
import { checkNonNegative } from './checks.ts';
import { portablePow } from '@unroll/backend';

export interface NAdamOptions extends MomentOptions {
  /** L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** ψ: how fast the momentum rises to β₁. Default 0.004. */
  readonly momentumDecay?: number;
}

type NAdamSlots = { readonly firstMoment: Tensor; readonly secondMoment: Tensor };

/**
 * Adam with Nesterov's momentum (Dozat 2016), as PyTorch computes it from 2.0 on (before, Mₜ₊₁ held μₜ twice). Default learning
 * rate 2e-3.
 *
 *     μₜ = β₁ (1 − ½ 0.96^(t ψ))        Mₜ = μ₁ ⋯ μₜ
 *     m ← β₁ m + (1 − β₁) g             v ← β₂ v + (1 − β₂) g²
 *     p ← p − lr ((1 − μₜ)/(1 − Mₜ) g + μₜ₊₁/(1 − Mₜ₊₁) m) / (√(v/(1 − β₂ᵗ)) + ε)
 */
export class NAdam extends SlotOptimizer<NAdamSlots> {
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  readonly #weightDecay: number;
  readonly #momentumDecay: number;
  /** Mₜ up to some step, as it is a product over all steps. */
  #product = { step: 0, value: 1 };

  /** @throws UnrollError INVALID_ARGUMENT for a number out of range */
  constructor(options: NAdamOptions) {
    super('NAdam', { learningRate: 2e-3, ...options });
    const { weightDecay = 0, momentumDecay = 0.004 } = options;
    const { beta1, beta2, epsilon } = momentNumbers('NAdam', options);
    checkNonNegative('NAdam', { weightDecay, momentumDecay });
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#epsilon = epsilon;
    this.#weightDecay = weightDecay;
    this.#momentumDecay = momentumDecay;
  }

  protected override initialSlots(value: Tensor): NAdamSlots {
    return { firstMoment: zerosLike(value), secondMoment: zerosLike(value) };
  }

  protected override update(
    value: Tensor,
    gradient: Tensor,
    slots: NAdamSlots,
    { learningRate, step }: UpdateContext,
  ): readonly [value: Tensor, slots: NAdamSlots] {
    const g = penalized(gradient, value, this.#weightDecay);
    const m = movingAverage(slots.firstMoment, g, this.#beta1);
    const v = movingAverage(slots.secondMoment, g.square(), this.#beta2);
    const [product, nextProduct] = this.momentumProducts(step);
    const ofGradient = (1 - this.momentum(step)) / (1 - product);
    const ofMoment = this.momentum(step + 1) / (1 - nextProduct);
    const correction = Math.sqrt(1 - portablePow(this.#beta2, step));
    const rate = learningRate * correction;
    const direction = g.mul(rate * ofGradient).add(m.mul(rate * ofMoment));
    const denominator = v.sqrt().add(this.#epsilon * correction);
    return [value.sub(direction.div(denominator)), { firstMoment: m, secondMoment: v }];
  }

  /** μₜ */
  protected momentum(step: number): number {
    return this.#beta1 * (1 - 0.5 * portablePow(0.96, step * this.#momentumDecay));
  }

  /** Mₜ and Mₜ₊₁; functions of the step alone, so that they need no place in a saved state. */
  protected momentumProducts(step: number): readonly [now: number, next: number] {
    let { step: at, value } = this.#product.step <= step ? this.#product : { step: 0, value: 1 };
    while (at < step) value *= this.momentum(++at);
    this.#product = { step, value };
    return [value, value * this.momentum(step + 1)];
  }
}
