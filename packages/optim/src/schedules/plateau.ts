import { checkGiven } from '@unroll/backend';
import { UnrollError } from '@unroll/tensor';

export interface PlateauOptions {
  /** The rate to begin with. */
  readonly learningRate: number;
  /** Whether the observed number is to fall (a loss) or to rise (an accuracy). Default 'min'. */
  readonly mode?: 'min' | 'max';
  /** What the rate is multiplied by. Default 0.1. */
  readonly factor?: number;
  /** How many observations without improvement are borne. Default 10. */
  readonly patience?: number;
  /** By which share of the best a number must be better to count. Default 1e-4. */
  readonly threshold?: number;
  /** For how many observations after a reduction nothing is counted. Default 0. */
  readonly cooldown?: number;
  /** The lowest rate. Default 0. */
  readonly minimum?: number;
}

/** Plain data. */
export interface PlateauState {
  readonly learningRate: number;
  /** The best number so far; absent before the first. */
  readonly best?: number;
  readonly badObservations: number;
  readonly cooldownLeft: number;
}

/**
 * Lowers the rate when a number, say the validation loss, stops getting better; as PyTorch's `ReduceLROnPlateau` with a relative
 * threshold. It depends on what it observed, so it is an object with a state, and not a `Schedule`:
 *
 *     plateau.observe(validationLoss);                                    // once an epoch
 *     optimizer.step(grads, { learningRate: plateau.learningRate });
 *
 * NaN is no improvement.
 */
export class PlateauSchedule {
  readonly #options: Required<PlateauOptions>;
  #state: PlateauState;

  /** @throws UnrollError INVALID_ARGUMENT for a factor that does not lower the rate */
  constructor(options: PlateauOptions) {
    const defaults = { mode: 'min', factor: 0.1, patience: 10, threshold: 1e-4, cooldown: 0, minimum: 0 } as const;
    this.#options = { ...defaults, ...options };
    const { factor, learningRate } = this.#options;
    checkGiven('PlateauSchedule', { learningRate });
    if (!(factor > 0 && factor < 1)) {
      throw new UnrollError('INVALID_ARGUMENT', `PlateauSchedule: factor is ${factor}. It must lie between 0 and 1.`);
    }
    this.#state = { learningRate, badObservations: 0, cooldownLeft: 0 };
  }

  /** The rate at the moment. */
  get learningRate(): number {
    return this.#state.learningRate;
  }

  /** Takes a number into account, and gives the rate from now on. */
  observe(metric: number): number {
    const { factor, patience, cooldown, minimum } = this.#options;
    let { learningRate, best, badObservations, cooldownLeft } = this.#state;
    if (this.#isBetter(metric, best)) {
      best = metric;
      badObservations = 0;
    } else {
      badObservations++;
    }
    if (cooldownLeft > 0) {
      cooldownLeft--;
      badObservations = 0;
    }
    if (badObservations > patience) {
      learningRate = Math.min(learningRate, Math.max(learningRate * factor, minimum));
      cooldownLeft = cooldown;
      badObservations = 0;
    }
    this.#state = { learningRate, badObservations, cooldownLeft, ...(best === undefined ? {} : { best }) };
    return learningRate;
  }

  /** All that must be saved to go on later. */
  state(): PlateauState {
    return this.#state;
  }

  /** Goes on from a saved state. */
  restore(state: PlateauState): void {
    this.#state = { ...state };
  }

  #isBetter(metric: number, best: number | undefined): boolean {
    if (Number.isNaN(metric)) return false;
    if (best === undefined) return true;
    const { mode, threshold } = this.#options;
    // PyTorch multiplies by 1 ∓ threshold, which for a negative best asks for less than no improvement; |best| does not.
    const margin = threshold * Math.abs(best);
    return mode === 'min' ? metric < best - margin : metric > best + margin;
  }
}
