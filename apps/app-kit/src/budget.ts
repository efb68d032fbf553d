import { cosineDecay } from '@unroll/optim';
import { UnrollError } from '@unroll/tensor';

export interface BudgetOptions {
  /** Steps in all. Default: as many as the time allows. */
  readonly steps?: number | undefined;
  /** Seconds in all. Default: as long as the steps take. */
  readonly seconds?: number | undefined;
  /** Seconds that an earlier part of the run took. Default 0. */
  readonly secondsBefore?: number;
}

/** How long a run lasts: a number of steps, a time, or both; whichever is used up first. The clock runs from `start` on, until `pause`. */
export class Budget {
  readonly steps: number | undefined;
  readonly seconds: number | undefined;
  #secondsBefore: number;
  #started: number | undefined;

  /** @throws UnrollError INVALID_ARGUMENT without any limit */
  constructor({ steps, seconds, secondsBefore = 0 }: BudgetOptions) {
    if (steps === undefined && seconds === undefined) {
      throw new UnrollError('INVALID_ARGUMENT', 'Budget: a run without an end. Give steps, seconds or both.');
    }
    this.steps = steps;
    this.seconds = seconds;
    this.#secondsBefore = secondsBefore;
  }

  start(): void {
    this.#started = performance.now();
  }

  /** Stops the clock while others have their turn; `start` lets it run on. */
  pause(): void {
    this.#secondsBefore = this.elapsed;
    this.#started = undefined;
  }

  /** Seconds used, those of earlier parts included. */
  get elapsed(): number {
    return this.#secondsBefore + (this.#started === undefined ? 0 : (performance.now() - this.#started) / 1000);
  }

  get isTimeUp(): boolean {
    return this.seconds !== undefined && this.elapsed >= this.seconds;
  }

  /** How much is used up after `step` steps, from 0 to 1. Depends on the steps alone where no time is set. */
  progress(step: number): number {
    const bySteps = this.steps === undefined ? 0 : step / this.steps;
    const byTime = this.seconds === undefined ? 0 : this.elapsed / this.seconds;
    return Math.min(1, Math.max(bySteps, byTime));
  }

  /** Seconds to go, if steps take `secondsPerStep`. */
  secondsLeft(step: number, secondsPerStep: number): number {
    const bySteps = this.steps === undefined ? Infinity : (this.steps - step) * secondsPerStep;
    const byTime = this.seconds === undefined ? Infinity : this.seconds - this.elapsed;
    return Math.max(0, Math.min(bySteps, byTime));
  }
}

/** The share of a run in which the rate rises, and the rate at its end in proportion to the highest. */
const WARM_UP = 0.02;
const FINAL = 0.05;

/** The learning rate where `progress` of the run (0 to 1) is done: a short rise to `peak`, then half a cosine down to 1/20 of it. */
export function learningRateAt(progress: number, peak: number): number {
  if (progress < WARM_UP) return peak * (0.1 + (0.9 * progress) / WARM_UP);
  const fall = cosineDecay({ initial: peak, final: FINAL * peak, steps: 1 });
  return fall((progress - WARM_UP) / (1 - WARM_UP));
}
