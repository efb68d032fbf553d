import { checkGiven } from '@unroll/backend';
import { UnrollError } from '@unroll/tensor';

/** The learning rate of a step, from how many steps were taken before: 0 at the first. Pure, so that it needs no saved state. */
export type Schedule = (step: number) => number;

/** The same rate always. */
export function constantRate(rate: number): Schedule {
  checkGiven('constantRate', { rate });
  return () => rate;
}

/**
 * One schedule after the other; each counts from 0 again. The last part goes on for ever.
 * @throws UnrollError INVALID_ARGUMENT for a negative number of steps
 */
export function sequence(
  parts: readonly { readonly steps: number; readonly schedule: Schedule }[],
  last: Schedule,
): Schedule {
  checkGiven('sequence', { parts, last });
  for (const { steps } of parts) checkSteps('sequence', steps, 0);
  return (step) => {
    let left = step;
    for (const { steps, schedule } of parts) {
      if (left < steps) return schedule(left);
      left -= steps;
    }
    return last(left);
  };
}

/** @throws UnrollError INVALID_ARGUMENT for a number of steps below `least` */
export function checkSteps(name: string, steps: number, least = 1): void {
  if (steps >= least) return;
  throw new UnrollError('INVALID_ARGUMENT', `${name}: a length of ${steps} steps. Give ${least} or more.`);
}
