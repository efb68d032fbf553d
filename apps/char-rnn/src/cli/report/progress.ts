import type { StepEvent } from '@unroll/training';
import type { Budget } from '../../budget.ts';
import { History } from './sparkline.ts';

/** How a training run stands, as numbers to show. */
export class Progress {
  readonly budget: Budget;
  readonly history: History = new History(256);
  readonly #charactersPerStep: number;
  step: number = 0;
  /** A moving average over about 50 steps. */
  loss: number | undefined;
  /** nats per character; undefined before the first. */
  validation: number | undefined;
  #secondsPerStep = 0;
  /** Taken in this call. */
  #steps = 0;

  constructor(budget: Budget, charactersPerStep: number) {
    this.budget = budget;
    this.#charactersPerStep = charactersPerStep;
  }

  takeStep({ step, loss, seconds }: StepEvent): void {
    this.step = step;
    this.history.add(loss);
    this.#steps++;
    this.loss = average(this.loss ?? 0, loss, Math.max(0.02, 1 / this.#steps));
    this.#secondsPerStep = average(this.#secondsPerStep, seconds, Math.max(0.02, 1 / this.#steps));
  }

  get charactersPerSecond(): number {
    return this.#charactersPerStep / this.#secondsPerStep;
  }

  /** From 0 to 1. */
  get fraction(): number {
    return this.budget.progress(this.step);
  }

  /** Undefined before the first step. */
  get secondsLeft(): number | undefined {
    if (this.#steps === 0) return undefined;
    return this.budget.secondsLeft(this.step, this.#secondsPerStep);
  }
}

function average(old: number, next: number, weight: number): number {
  return old + weight * (next - old);
}
