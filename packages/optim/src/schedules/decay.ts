import { type Schedule, checkSteps } from './schedule.ts';
import { portablePow, checkGiven } from '@unroll/backend';

/** initial · factor^⌊step / every⌋: a staircase. Default factor 0.1. */
export function stepDecay(options: {
  readonly initial: number;
  readonly every: number;
  readonly factor?: number;
}): Schedule {
  const { initial, every, factor = 0.1 } = options;
  checkGiven('stepDecay', { initial, every });
  checkSteps('stepDecay', every);
  return (step) => initial * portablePow(factor, Math.floor(step / every));
}

/** initial · factor^(how many milestones were reached). Default factor 0.1. */
export function multiStepDecay(options: {
  readonly initial: number;
  readonly milestones: readonly number[];
  readonly factor?: number;
}): Schedule {
  const { initial, milestones, factor = 0.1 } = options;
  checkGiven('multiStepDecay', { initial, milestones });
  return (step) => initial * portablePow(factor, milestones.filter((milestone) => milestone <= step).length);
}

/** initial · factor^step. */
export function exponentialDecay({ initial, factor }: { readonly initial: number; readonly factor: number }): Schedule {
  checkGiven('exponentialDecay', { initial, factor });
  return (step) => initial * portablePow(factor, step);
}

/** final + (initial − final) (1 − step/steps)^power, and then `final`. Defaults: final 0, power 1. */
export function polynomialDecay(options: {
  readonly initial: number;
  readonly final?: number;
  readonly steps: number;
  readonly power?: number;
}): Schedule {
  const { initial, final = 0, steps, power: exponent = 1 } = options;
  checkGiven('polynomialDecay', { initial, steps });
  checkSteps('polynomialDecay', steps);
  return (step) => final + (initial - final) * portablePow(1 - Math.min(step / steps, 1), exponent);
}
