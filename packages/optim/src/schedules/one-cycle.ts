import { checkGiven } from '@unroll/backend';
import { halfCosine } from './cosine.ts';
import { type Schedule, checkSteps } from './schedule.ts';

export interface OneCycleOptions {
  /** The highest rate. */
  readonly peak: number;
  /** All steps, up and down. */
  readonly steps: number;
  /** The share of the steps that go up. Default 0.3. */
  readonly warmupShare?: number;
  /** peak / initial rate. Default 25. */
  readonly initialDivisor?: number;
  /** initial rate / last rate. Default 10 000. */
  readonly finalDivisor?: number;
}

/**
 * One cycle (Smith & Topin 2019), as PyTorch's `OneCycleLR`: up from peak/initialDivisor to the peak along half a cosine, and down
 * to peak/(initialDivisor · finalDivisor) along another; then it stays there.
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { peak, steps, warmupShare = 0.3, initialDivisor = 25, finalDivisor = 1e4 } = options;
  checkGiven('oneCycle', { peak, steps });
  checkSteps('oneCycle', steps);
  const initial = peak / initialDivisor;
  const top = warmupShare * steps - 1;
  const end = steps - 1;
  return (step) => {
    if (step <= top) return halfCosine(initial, peak, top === 0 ? 1 : step / top);
    return halfCosine(peak, initial / finalDivisor, Math.min((step - top) / (end - top), 1));
  };
}
