import { type Tensor, zerosLike } from '@unroll/tensor';
import { type MomentOptions, momentNumbers } from './adam.ts';
import { SlotOptimizer, type UpdateContext } from './slot-optimizer.ts';
import { movingAverage, penalized } from './terms.ts';
import { checkNonNegative } from './checks.ts';
import { portablePow } from '@unroll/backend';

export interface AdamaxOptions extends MomentOptions {
  /** L2 penalty. Default 0. */
  readonly weightDecay?: number;
}

type AdamaxSlots = { readonly firstMoment: Tensor; readonly norm: Tensor };

/**
 * Adamax, Adam in the infinity norm (Kingma & Ba 2015), as PyTorch computes it. Default learning rate 2e-3.
 *
 *     m ← β₁ m + (1 − β₁) g        u ← max(β₂ u, |g| + ε)
 *     p ← p − lr/(1 − β₁ᵗ) m/u
 */
export class Adamax extends SlotOptimizer<AdamaxSlots> {
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  readonly #weightDecay: number;

  /** @throws UnrollError INVALID_ARGUMENT for a number out of range */
  constructor(options: AdamaxOptions) {
    super('Adamax', { learningRate: 2e-3, ...options });
    const { weightDecay = 0 } = options;
    const { beta1, beta2, epsilon } = momentNumbers('Adamax', options);
    checkNonNegative('Adamax', { weightDecay });
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#epsilon = epsilon;
    this.#weightDecay = weightDecay;
  }

  protected override initialSlots(value: Tensor): AdamaxSlots {
    return { firstMoment: zerosLike(value), norm: zerosLike(value) };
  }

  protected override update(
    value: Tensor,
    gradient: Tensor,
    slots: AdamaxSlots,
    { learningRate, step }: UpdateContext,
  ): readonly [value: Tensor, slots: AdamaxSlots] {
    const g = penalized(gradient, value, this.#weightDecay);
    const m = movingAverage(slots.firstMoment, g, this.#beta1);
    const u = slots.norm.mul(this.#beta2).maximum(g.abs().add(this.#epsilon));
    const rate = learningRate / (1 - portablePow(this.#beta1, step));
    return [value.sub(m.mul(rate).div(u)), { firstMoment: m, norm: u }];
  }
}
