import type { Tensor } from '@unroll/tensor';
import { AdamRule, type AdamSlots, type AdamUpdate, type MomentOptions } from './adam.ts';
import { SlotOptimizer, type Update, type UpdateContext } from './slot-optimizer.ts';
import { checkNonNegative } from './checks.ts';

export interface AdamWOptions extends MomentOptions {
  /** λ: every step shrinks the parameters by lr λ. Default 0.01. */
  readonly weightDecay?: number;
  /** Divides by the largest v so far (Reddi, Kale & Kumar 2018). Default false. */
  readonly amsgrad?: boolean;
}

/**
 * Adam with weight decay apart from the gradient (Loshchilov & Hutter 2019), as PyTorch computes it: p ← (1 − lr λ) p, and then
 * the step of `Adam`. Default learning rate 1e-3.
 */
export class AdamW extends SlotOptimizer<AdamSlots> {
  readonly #rule: AdamRule;
  readonly #weightDecay: number;

  /** @throws UnrollError INVALID_ARGUMENT for a number out of range */
  constructor(options: AdamWOptions) {
    super('AdamW', { learningRate: 1e-3, ...options });
    const { weightDecay = 0.01 } = options;
    checkNonNegative('AdamW', { weightDecay });
    this.#rule = new AdamRule('AdamW', options);
    this.#weightDecay = weightDecay;
  }

  protected override initialSlots(value: Tensor): AdamSlots {
    return this.#rule.initialSlots(value);
  }

  protected override update(value: Tensor, gradient: Tensor, slots: AdamSlots, context: UpdateContext): AdamUpdate {
    return this.#updated([{ value, gradient, slots }], context)[0]!;
  }

  protected override updateAll(updates: readonly Update<AdamSlots>[], context: UpdateContext): readonly AdamUpdate[] {
    // As in Adam.
    const isOwn = this.update === AdamW.prototype.update;
    return isOwn ? this.#updated(updates, context) : super.updateAll(updates, context);
  }

  #updated(updates: readonly Update<AdamSlots>[], context: UpdateContext): readonly AdamUpdate[] {
    const shrink = 1 - context.learningRate * this.#weightDecay;
    return this.#rule.update(updates, context, { weightDecay: 0, shrink });
  }
}
