import { type Tensor, runFused, zerosLike } from '@unroll/tensor';
import type { OptimizerOptions } from './optimizer.ts';
import { SlotOptimizer, type UpdateContext } from './slot-optimizer.ts';
import { movingAverage, penalized } from './terms.ts';
import { checkDecays, checkNonNegative } from './checks.ts';

export interface RmsPropOptions extends OptimizerOptions {
  /** α: how slowly the average of g² forgets. Default 0.99. */
  readonly alpha?: number;
  /** ε: keeps the quotient finite. Default 1e-8. */
  readonly epsilon?: number;
  /** μ: how much of the last step is taken again. Default 0. */
  readonly momentum?: number;
  /** Divides by the variance of g and not by the mean of g² (Graves 2013). Default false. */
  readonly centered?: boolean;
  /** L2 penalty. Default 0. */
  readonly weightDecay?: number;
}

type RmsPropSlots = { readonly squareAverage: Tensor; readonly average?: Tensor; readonly momentum?: Tensor };

/**
 * RMSProp (Tieleman & Hinton 2012), as PyTorch computes it. Default learning rate 1e-2.
 *
 *     s ← α s + (1 − α) g²
 *     d = g / (√s + ε)             (centered: s − a² under the root, with a ← α a + (1 − α) g)
 *     p ← p − lr d                 (with momentum: b ← μ b + d and p − lr b)
 */
export class RmsProp extends SlotOptimizer<RmsPropSlots> {
  readonly #alpha: number;
  readonly #epsilon: number;
  readonly #momentum: number;
  readonly #centered: boolean;
  readonly #weightDecay: number;

  /** @throws UnrollError INVALID_ARGUMENT for a number out of range */
  constructor(options: RmsPropOptions) {
    super('RmsProp', { learningRate: 1e-2, ...options });
    const { alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false, weightDecay = 0 } = options;
    checkDecays('RmsProp', { alpha, momentum });
    checkNonNegative('RmsProp', { epsilon, weightDecay });
    this.#alpha = alpha;
    this.#epsilon = epsilon;
    this.#momentum = momentum;
    this.#centered = centered;
    this.#weightDecay = weightDecay;
  }

  protected override initialSlots(value: Tensor): RmsPropSlots {
    return {
      squareAverage: zerosLike(value),
      ...(this.#centered ? { average: zerosLike(value) } : {}),
      ...(this.#momentum > 0 ? { momentum: zerosLike(value) } : {}),
    };
  }

  protected override update(
    value: Tensor,
    gradient: Tensor,
    slots: RmsPropSlots,
    { learningRate }: UpdateContext,
  ): readonly [value: Tensor, slots: RmsPropSlots] {
    if (slots.average || slots.momentum) return this.#inPrimitives(value, gradient, slots, learningRate);
    const definition = (): readonly Tensor[] => {
      const [next, { squareAverage }] = this.#inPrimitives(value, gradient, slots, learningRate);
      return [next, squareAverage];
    };
    const attrs = {
      rate: learningRate,
      weightDecay: this.#weightDecay,
      alpha: this.#alpha,
      epsilon: this.#epsilon,
    };
    const inputs = [value, gradient, slots.squareAverage];
    const [next, squareAverage] = runFused({ op: 'rmsProp', inputs, attrs, definition });
    return [next!, { squareAverage: squareAverage! }];
  }

  #inPrimitives(
    value: Tensor,
    gradient: Tensor,
    slots: RmsPropSlots,
    learningRate: number,
  ): readonly [value: Tensor, slots: RmsPropSlots] {
    const g = penalized(gradient, value, this.#weightDecay);
    const squareAverage = movingAverage(slots.squareAverage, g.square(), this.#alpha);
    const average = slots.average && movingAverage(slots.average, g, this.#alpha);
    // Rounding may take a variance of 0 below it.
    const variance = average ? squareAverage.sub(average.square()).relu() : squareAverage;
    const direction = g.div(variance.sqrt().add(this.#epsilon));
    const momentum = slots.momentum?.mul(this.#momentum).add(direction);
    return [
      value.sub((momentum ?? direction).mul(learningRate)),
      { squareAverage, ...(average ? { average } : {}), ...(momentum ? { momentum } : {}) },
    ];
  }
}
