import { type Tensor, zerosLike } from '@unroll/tensor';
import type { OptimizerOptions } from './optimizer.ts';
import { SlotOptimizer, type UpdateContext } from './slot-optimizer.ts';
import { movingAverage, penalized } from './terms.ts';
import { checkDecays, checkNonNegative } from './checks.ts';

export interface AdadeltaOptions extends OptimizerOptions {
  /** ρ: how slowly both averages forget. Default 0.9. */
  readonly rho?: number;
  /** ε: starts the first steps, and keeps the quotient finite. Default 1e-6. */
  readonly epsilon?: number;
  /** L2 penalty. Default 0. */
  readonly weightDecay?: number;
}

type AdadeltaSlots = { readonly squareAverage: Tensor; readonly deltaAverage: Tensor };

/**
 * Adadelta (Zeiler 2012), as PyTorch computes it. Default learning rate 1.
 *
 *     s ← ρ s + (1 − ρ) g²
 *     δ = √(d + ε)/√(s + ε) g      d ← ρ d + (1 − ρ) δ²
 *     p ← p − lr δ
 */
export class Adadelta extends SlotOptimizer<AdadeltaSlots> {
  readonly #rho: number;
  readonly #epsilon: number;
  readonly #weightDecay: number;

  /** @throws UnrollError INVALID_ARGUMENT for a number out of range */
  constructor(options: AdadeltaOptions) {
    super('Adadelta', { learningRate: 1, ...options });
    const { rho = 0.9, epsilon = 1e-6, weightDecay = 0 } = options;
    checkDecays('Adadelta', { rho });
    checkNonNegative('Adadelta', { epsilon, weightDecay });
    this.#rho = rho;
    this.#epsilon = epsilon;
    this.#weightDecay = weightDecay;
  }

  protected override initialSlots(value: Tensor): AdadeltaSlots {
    return { squareAverage: zerosLike(value), deltaAverage: zerosLike(value) };
  }

  protected override update(
    value: Tensor,
    gradient: Tensor,
    slots: AdadeltaSlots,
    { learningRate }: UpdateContext,
  ): readonly [value: Tensor, slots: AdadeltaSlots] {
    const g = penalized(gradient, value, this.#weightDecay);
    const squareAverage = movingAverage(slots.squareAverage, g.square(), this.#rho);
    const ratio = slots.deltaAverage.add(this.#epsilon).div(squareAverage.add(this.#epsilon));
    const delta = ratio.sqrt().mul(g);
    const deltaAverage = movingAverage(slots.deltaAverage, delta.square(), this.#rho);
    return [value.sub(delta.mul(learningRate)), { squareAverage, deltaAverage }];
  }
}
