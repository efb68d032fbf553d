import { type Tensor, zerosLike } from '@unroll/tensor';
import { type MomentOptions, momentNumbers } from './adam.ts';
import { SlotOptimizer, type UpdateContext } from './slot-optimizer.ts';
import { movingAverage, penalized } from './terms.ts';
import { checkNonNegative } from './checks.ts';
import { portablePow } from '@unroll/backend';

export interface RAdamOptions extends MomentOptions {
  /** L2 penalty. Default 0. */
  readonly weightDecay?: number;
}

type RAdamSlots = { readonly firstMoment: Tensor; readonly secondMoment: Tensor };

/**
 * Rectified Adam (Liu et al. 2020), as PyTorch computes it: as long as v rests on too few gradients, a step without it. Default
 * learning rate 1e-3.
 *
 *     ρ∞ = 2/(1 − β₂) − 1               ρ = ρ∞ − 2 t β₂ᵗ/(1 − β₂ᵗ)
 *     m ← β₁ m + (1 − β₁) g             v ← β₂ v + (1 − β₂) g²
 *     p ← p − lr m/(1 − β₁ᵗ) · r √(1 − β₂ᵗ)/(√v + ε)      if ρ > 5, else p − lr m/(1 − β₁ᵗ)
 *     r = √((ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ))
 */
export class RAdam extends SlotOptimizer<RAdamSlots> {
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  readonly #weightDecay: number;

  /** @throws UnrollError INVALID_ARGUMENT for a number out of range */
  constructor(options: RAdamOptions) {
    super('RAdam', { learningRate: 1e-3, ...options });
    const { weightDecay = 0 } = options;
    const { beta1, beta2, epsilon } = momentNumbers('RAdam', options);
    checkNonNegative('RAdam', { weightDecay });
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#epsilon = epsilon;
    this.#weightDecay = weightDecay;
  }

  protected override initialSlots(value: Tensor): RAdamSlots {
    return { firstMoment: zerosLike(value), secondMoment: zerosLike(value) };
  }

  protected override update(
    value: Tensor,
    gradient: Tensor,
    slots: RAdamSlots,
    { learningRate, step }: UpdateContext,
  ): readonly [value: Tensor, slots: RAdamSlots] {
    const g = penalized(gradient, value, this.#weightDecay);
    const m = movingAverage(slots.firstMoment, g, this.#beta1);
    const v = movingAverage(slots.secondMoment, g.square(), this.#beta2);
    const rate = learningRate / (1 - portablePow(this.#beta1, step));
    const rectified = this.#rectification(step);
    const change = rectified === undefined ? m.mul(rate) : m.mul(rate * rectified).div(v.sqrt().add(this.#epsilon));
    return [value.sub(change), { firstMoment: m, secondMoment: v }];
  }

  /** r √(1 − β₂ᵗ), or undefined where ρ is too small. */
  #rectification(step: number): number | undefined {
    const decayed = portablePow(this.#beta2, step);
    const limit = 2 / (1 - this.#beta2) - 1;
    const rho = limit - (2 * step * decayed) / (1 - decayed);
    if (rho <= 5) return undefined;
    const ratio = ((rho - 4) * (rho - 2) * limit) / ((limit - 4) * (limit - 2) * rho);
    return Math.sqrt(ratio * (1 - decayed));
  }
}
