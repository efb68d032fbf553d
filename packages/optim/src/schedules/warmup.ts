import { checkGiven } from '@unroll/backend';
import { type Schedule, checkSteps } from './schedule.ts';

/** From one rate to another in a straight line, and then that. */
export function linearRamp({
  from = 0,
  to,
  steps,
}: {
  readonly from?: number;
  readonly to: number;
  readonly steps: number;
}): Schedule {
  checkGiven('linearRamp', { to, steps });
  checkSteps('linearRamp', steps);
  return (step) => from + (to - from) * Math.min(step / steps, 1);
}

/**
 * Another schedule behind a linear warm-up of `steps` steps, (step + 1)/(steps + 1) of its first rate (Goyal et al. 2017). After
 * it the schedule starts from 0.
 */
export function warmup(steps: number, schedule: Schedule): Schedule {
  checkGiven('warmup', { steps, schedule });
  checkSteps('warmup', steps, 0);
  return (step) => (step < steps ? (schedule(0) * (step + 1)) / (steps + 1) : schedule(step - steps));
}

/**
 * Linear up to `peak` at the last of the warm-up steps, and then with 1/√step: peak · min((s + 1)/w, √(w/(s + 1))) (Vaswani et
 * al. 2017, whose peak is 1/√(model size · w)).
 */
export function inverseSquareRoot({
  peak,
  warmupSteps,
}: {
  readonly peak: number;
  readonly warmupSteps: number;
}): Schedule {
  checkGiven('inverseSquareRoot', { peak, warmupSteps });
  checkSteps('inverseSquareRoot', warmupSteps);
  return (step) => peak * Math.min((step + 1) / warmupSteps, Math.sqrt(warmupSteps / (step + 1)));
}
