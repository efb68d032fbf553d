import { type Tensor, full } from '@unroll/tensor';
import type { OptimizerOptions } from './optimizer.ts';
import { SlotOptimizer, type UpdateContext } from './slot-optimizer.ts';
import { penalized } from './terms.ts';
import { checkNonNegative } from './checks.ts';

export interface AdagradOptions extends OptimizerOptions {
  /** The rate of step t is lr / (1 + (t − 1) · learningRateDecay). Default 0. */
  readonly learningRateDecay?: number;
  /** Where the sums of g² start. Default 0. */
  readonly initialAccumulator?: number;
  /** ε: keeps the quotient finite. Default 1e-10. */
  readonly epsilon?: number;
  /** L2 penalty. Default 0. */
  readonly weightDecay?: number;
}

type AdagradSlots = { readonly squareSum: Tensor };

/**
 * Adagrad (Duchi, Hazan & Singer 2011), as PyTorch computes it: s ← s + g² and p ← p − lr g/(√s + ε). Default learning rate 1e-2.
 */
export class Adagrad extends SlotOptimizer<AdagradSlots> {
  readonly #learningRateDecay: number;
  readonly #initialAccumulator: number;
  readonly #epsilon: number;
  readonly #weightDecay: number;

  /** @throws UnrollError INVALID_ARGUMENT for a number out of range */
  constructor(options: AdagradOptions) {
    super('Adagrad', { learningRate: 1e-2, ...options });
    const { learningRateDecay = 0, initialAccumulator = 0, epsilon = 1e-10, weightDecay = 0 } = options;
    checkNonNegative('Adagrad', { learningRateDecay, initialAccumulator, epsilon, weightDecay });
    this.#learningRateDecay = learningRateDecay;
    this.#initialAccumulator = initialAccumulator;
    this.#epsilon = epsilon;
    this.#weightDecay = weightDecay;
  }

  protected override initialSlots({ shape, dtype, backend }: Tensor): AdagradSlots {
    return { squareSum: full(shape, this.#initialAccumulator, { dtype, backend }) };
  }

  protected override update(
    value: Tensor,
    gradient: Tensor,
    slots: AdagradSlots,
    { learningRate, step }: UpdateContext,
  ): readonly [value: Tensor, slots: AdagradSlots] {
    const g = penalized(gradient, value, this.#weightDecay);
    const squareSum = slots.squareSum.add(g.square());
    const rate = learningRate / (1 + (step - 1) * this.#learningRateDecay);
    return [value.sub(g.mul(rate).div(squareSum.sqrt().add(this.#epsilon))), { squareSum }];
  }
}
