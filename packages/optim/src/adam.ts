import { type Tensor, runFused, zerosLike } from '@unroll/tensor';
import type { AdamAttrs } from '@unroll/backend';
import { checkDecays, checkNonNegative } from './checks.ts';
import type { OptimizerOptions } from './optimizer.ts';
import { SlotOptimizer, type Update, type UpdateContext } from './slot-optimizer.ts';
import { movingAverage, penalized } from './terms.ts';
import { portablePow } from '@unroll/backend';

/** What the optimizers of Adam's family share. */
export interface MomentOptions extends OptimizerOptions {
  /** β₁ and β₂: how slowly the averages of g and g² forget. Default [0.9, 0.999]. */
  readonly betas?: readonly [beta1: number, beta2: number];
  /** ε: keeps the quotient finite. Default 1e-8. */
  readonly epsilon?: number;
}

export interface AdamOptions extends MomentOptions {
  /** L2 penalty, which becomes part of g. Default 0. For decay apart from the gradient use `AdamW`. */
  readonly weightDecay?: number;
  /** Divides by the largest v so far (Reddi, Kale & Kumar 2018). Default false. */
  readonly amsgrad?: boolean;
}

export type AdamSlots = {
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
  readonly maxSecondMoment?: Tensor;
};

/** A parameter after a step. */
export type AdamUpdate = readonly [value: Tensor, slots: AdamSlots];

/**
 * Adam (Kingma & Ba 2015), as PyTorch computes it. Default learning rate 1e-3.
 *
 *     g ← g + weightDecay p
 *     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
 *     p ← p − lr m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
 */
export class Adam extends SlotOptimizer<AdamSlots> {
  readonly #rule: AdamRule;
  readonly #weightDecay: number;

  /** @throws UnrollError INVALID_ARGUMENT for a number out of range */
  constructor(options: AdamOptions) {
    super('Adam', { learningRate: 1e-3, ...options });
    const { weightDecay = 0 } = options;
    checkNonNegative('Adam', { weightDecay });
    this.#rule = new AdamRule('Adam', options);
    this.#weightDecay = weightDecay;
  }

  protected override initialSlots(value: Tensor): AdamSlots {
    return this.#rule.initialSlots(value);
  }

  protected override update(value: Tensor, gradient: Tensor, slots: AdamSlots, context: UpdateContext): AdamUpdate {
    return this.#updated([{ value, gradient, slots }], context)[0]!;
  }

  protected override updateAll(updates: readonly Update<AdamSlots>[], context: UpdateContext): readonly AdamUpdate[] {
    // A subclass with an `update` of its own has it called for each.
    const isOwn = this.update === Adam.prototype.update;
    return isOwn ? this.#updated(updates, context) : super.updateAll(updates, context);
  }

  #updated(updates: readonly Update<AdamSlots>[], context: UpdateContext): readonly AdamUpdate[] {
    return this.#rule.update(updates, context, { weightDecay: this.#weightDecay, shrink: 1 });
  }
}

/** The part that Adam and AdamW share. */
export class AdamRule {
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  readonly #amsgrad: boolean;

  constructor(name: string, { betas, epsilon, amsgrad = false }: Omit<AdamOptions, 'weightDecay'>) {
    const numbers = momentNumbers(name, { betas, epsilon });
    this.#beta1 = numbers.beta1;
    this.#beta2 = numbers.beta2;
    this.#epsilon = numbers.epsilon;
    this.#amsgrad = amsgrad;
  }

  initialSlots(value: Tensor): AdamSlots {
    const moments = { firstMoment: zerosLike(value), secondMoment: zerosLike(value) };
    return this.#amsgrad ? { ...moments, maxSecondMoment: zerosLike(value) } : moments;
  }

  update(
    updates: readonly Update<AdamSlots>[],
    { learningRate, step }: UpdateContext,
    decay: Pick<AdamAttrs, 'weightDecay' | 'shrink'>,
  ): readonly AdamUpdate[] {
    // Both corrections are numbers: multiplied through, they cost no op on a tensor.
    const correction = Math.sqrt(1 - portablePow(this.#beta2, step));
    const attrs: AdamAttrs = {
      beta1: this.#beta1,
      beta2: this.#beta2,
      rate: (learningRate * correction) / (1 - portablePow(this.#beta1, step)),
      epsilon: this.#epsilon * correction,
      ...decay,
    };
    if (this.#amsgrad) return updates.map((each) => namedSlots(adamStep(each, attrs)));
    const definition = (): readonly Tensor[] => updates.flatMap((each) => adamOf(each, attrs));
    const inputs = updates.flatMap(inputsOf);
    const results = updates.length === 1 ? definition() : runFused({ op: 'adamOfAll', inputs, attrs, definition });
    return updates.map((_, i) => namedSlots(results.slice(3 * i, 3 * i + 3)));
  }
}

function inputsOf({ value, gradient, slots }: Update<AdamSlots>): readonly Tensor[] {
  return [value, gradient, slots.firstMoment, slots.secondMoment];
}

/** The next value and moments of one parameter. */
function adamOf(update: Update<AdamSlots>, attrs: AdamAttrs): readonly Tensor[] {
  const definition = (): readonly Tensor[] => adamStep(update, attrs);
  return runFused({ op: 'adam', inputs: inputsOf(update), attrs, definition });
}

function namedSlots([value, firstMoment, secondMoment, maxSecondMoment]: readonly Tensor[]): AdamUpdate {
  const moments = { firstMoment: firstMoment!, secondMoment: secondMoment! };
  return [value!, maxSecondMoment ? { ...moments, maxSecondMoment } : moments];
}

/** The next value and moments; with the largest second moment if the old ones have it. */
function adamStep(
  { value, gradient, slots: { firstMoment, secondMoment, maxSecondMoment } }: Update<AdamSlots>,
  { beta1, beta2, rate, epsilon, weightDecay, shrink }: AdamAttrs,
): readonly Tensor[] {
  const g = penalized(gradient, value, weightDecay);
  const m = movingAverage(firstMoment, g, beta1);
  const v = movingAverage(secondMoment, g.square(), beta2);
  const largest = maxSecondMoment?.maximum(v);
  const denominator = (largest ?? v).sqrt().add(epsilon);
  const start = shrink === 1 ? value : value.mul(shrink);
  const next = start.sub(m.mul(rate).div(denominator));
  return largest ? [next, m, v, largest] : [next, m, v];
}

/** Checked, with the defaults filled in. */
export function momentNumbers(
  name: string,
  {
    betas = [0.9, 0.999],
    epsilon = 1e-8,
  }: { readonly betas?: readonly [number, number] | undefined; readonly epsilon?: number | undefined },
): { readonly beta1: number; readonly beta2: number; readonly epsilon: number } {
  const [beta1, beta2] = betas;
  checkDecays(name, { beta1, beta2 });
  checkNonNegative(name, { epsilon });
  return { beta1, beta2, epsilon };
}
