import type { StepEvent } from '@unroll/training';
import type { Budget } from '../budget.ts';
import { History } from './sparkline.ts';

/** What a run reads, and how well it does, in words. */
export interface Measure {
  /** What is read, in the plural: characters. */
  readonly unit: string;
  /** A validation, by its loss. */
  describe(loss: number): string;
  /** The same in few characters. */
  brief(loss: number): string;
  /** The name of what is trained on, for the axis of a curve. Default: loss. */
  readonly lossName?: string;
  /** What a validation measures, where that is not what is trained on: its name, and its value for a curve. */
  readonly score?: { readonly name: string; of(loss: number): number };
}

/** What a run may use, and how much of it is used. */
export type RunClock = Pick<Budget, 'steps' | 'seconds' | 'elapsed' | 'progress' | 'secondsLeft'>;

/** How a training run stands, as numbers to show. */
export class Progress {
  readonly budget: RunClock;
  readonly history: History = new History(256);
  readonly measure: Measure;
  readonly #unitsPerStep: () => number;
  step: number = 0;
  /** A moving average over about 50 steps. */
  loss: number | undefined;
  /** The last one; undefined before the first. */
  validation: number | undefined;
  #secondsPerStep = 0;
  /** Taken in this call. */
  #steps = 0;

  /** @param unitsPerStep of what the measure names, in the mean, as the steps are now */
  constructor(budget: RunClock, unitsPerStep: () => number, measure: Measure) {
    this.budget = budget;
    this.measure = measure;
    this.#unitsPerStep = unitsPerStep;
  }

  takeStep({ step, loss, seconds }: StepEvent): void {
    this.step = step;
    this.history.add(loss);
    this.#steps++;
    this.loss = average(this.loss ?? 0, loss, Math.max(0.02, 1 / this.#steps));
    this.#secondsPerStep = average(this.#secondsPerStep, seconds, Math.max(0.02, 1 / this.#steps));
  }

  get unitsPerSecond(): number {
    return this.#unitsPerStep() / this.#secondsPerStep;
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
