import type { Budget } from '../budget.ts';
import type { RunClock } from '../report/progress.ts';

/** The budgets of runs that take their steps in turn, as one: the time of all together. */
export class JointBudget implements RunClock {
  readonly #budgets: readonly Budget[];

  /** @param budgets at least one */
  constructor(budgets: readonly Budget[]) {
    this.#budgets = budgets;
  }

  /** Of each. */
  get steps(): number | undefined {
    return this.#budgets[0]!.steps;
  }

  /** Of each. */
  get seconds(): number | undefined {
    return this.#budgets[0]!.seconds;
  }

  get elapsed(): number {
    return sum(this.#budgets.map(({ elapsed }) => elapsed));
  }

  progress(step: number): number {
    return sum(this.#budgets.map((budget) => budget.progress(step))) / this.#budgets.length;
  }

  /** Seconds until the last run has ended, if each goes on as fast as it was. */
  secondsLeft(step: number): number {
    return sum(this.#budgets.map((budget) => budget.secondsLeft(step, step === 0 ? 0 : budget.elapsed / step)));
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
