import { type Tensor, runFused, zerosLike } from '@unroll/tensor';
import type { SgdMomentumAttrs } from '@unroll/backend';
import type { OptimizerOptions } from './optimizer.ts';
import { SlotOptimizer, type UpdateContext } from './slot-optimizer.ts';
import { penalized } from './terms.ts';
import type { Schedule } from './schedules/schedule.ts';
import { checkDecays, checkHyper, checkNonNegative } from './checks.ts';

export interface SgdOptions extends OptimizerOptions {
  /** There is no default. */
  readonly learningRate: number | Schedule;
  /** μ: how much of the last step is taken again. Default 0. */
  readonly momentum?: number;
  /** τ: how much a gradient is damped as it enters the momentum. Default 0. */
  readonly dampening?: number;
  /** Looks ahead (Nesterov 1983). Default false. */
  readonly nesterov?: boolean;
  /** L2 penalty. Default 0. */
  readonly weightDecay?: number;
}

type SgdSlots = { readonly momentum?: Tensor };

/**
 * Stochastic gradient descent with momentum (Sutskever et al. 2013), as PyTorch computes it:
 *
 *     g ← g + weightDecay p
 *     b ← μ b + (1 − τ) g          (b = g in the first step)
 *     p ← p − lr b                 (Nesterov: p − lr (g + μ b))
 */
export class Sgd extends SlotOptimizer<SgdSlots> {
  readonly #momentum: number;
  readonly #dampening: number;
  readonly #nesterov: boolean;
  readonly #weightDecay: number;

  /** @throws UnrollError INVALID_ARGUMENT for a number out of range; Nesterov wants a momentum and no dampening */
  constructor(options: SgdOptions) {
    super('Sgd', options);
    const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
    checkDecays('Sgd', { momentum });
    checkNonNegative('Sgd', { weightDecay });
    checkHyper('Sgd', 'dampening', dampening, dampening <= 1, 'at most 1');
    if (nesterov) {
      checkHyper('Sgd', 'momentum', momentum, momentum > 0, 'above 0 with nesterov');
      checkHyper('Sgd', 'dampening', dampening, dampening === 0, '0 with nesterov');
    }
    this.#momentum = momentum;
    this.#dampening = dampening;
    this.#nesterov = nesterov;
    this.#weightDecay = weightDecay;
  }

  protected override initialSlots(value: Tensor): SgdSlots {
    return this.#momentum === 0 ? {} : { momentum: zerosLike(value) };
  }

  protected override update(
    value: Tensor,
    gradient: Tensor,
    slots: SgdSlots,
    { learningRate, step }: UpdateContext,
  ): readonly [value: Tensor, slots: SgdSlots] {
    const [rate, weightDecay] = [learningRate, this.#weightDecay];
    const g = (): Tensor => penalized(gradient, value, weightDecay);
    const old = slots.momentum;
    if (!old) {
      const definition = (): readonly Tensor[] => [value.sub(g().mul(rate))];
      const inputs = [value, gradient];
      return [runFused({ op: 'sgd', inputs, attrs: { rate, weightDecay }, definition })[0]!, {}];
    }
    // The first momentum is the whole gradient, whatever the dampening.
    const share = step === 1 ? 1 : 1 - this.#dampening;
    const attrs = { rate, weightDecay, momentum: this.#momentum, share, nesterov: this.#nesterov };
    const definition = (): readonly Tensor[] => momentumStep(value, g(), old, attrs);
    const inputs = [value, gradient, old];
    const [next, momentum] = runFused({ op: 'sgdMomentum', inputs, attrs, definition });
    return [next!, { momentum: momentum! }];
  }
}

function momentumStep(
  value: Tensor,
  g: Tensor,
  old: Tensor,
  { rate, momentum, share, nesterov }: SgdMomentumAttrs,
): readonly [value: Tensor, momentum: Tensor] {
  const b = old.mul(momentum).add(share === 1 ? g : g.mul(share));
  const direction = nesterov ? b.mul(momentum).add(g) : b;
  return [value.sub(direction.mul(rate)), b];
}
