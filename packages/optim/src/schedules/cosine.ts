import { type Schedule, checkSteps } from './schedule.ts';
import { portableCosPi, checkGiven } from '@unroll/backend';

/** From where to where along half a cosine, within how many steps. */
export interface CosineOptions {
  readonly initial: number;
  /** Default 0. */
  readonly final?: number;
  readonly steps: number;
}

/** Down along half a cosine, and then `final`: final + ½ (initial − final)(1 + cos(π step/steps)) (Loshchilov & Hutter 2017). */
export function cosineDecay({ initial, final = 0, steps }: CosineOptions): Schedule {
  checkGiven('cosineDecay', { initial, steps });
  checkSteps('cosineDecay', steps);
  return (step) => halfCosine(initial, final, Math.min(step / steps, 1));
}

/** The same equation without an end: it rises again, `steps` steps down and as many up, as PyTorch's `CosineAnnealingLR`. */
export function cosineWave({ initial, final = 0, steps }: CosineOptions): Schedule {
  checkGiven('cosineWave', { initial, steps });
  checkSteps('cosineWave', steps);
  return (step) => halfCosine(initial, final, step / steps);
}

/** `cosineDecay` that starts anew when it is down, each time `stretch` (1) times as long (Loshchilov & Hutter 2017). */
export function cosineRestarts(options: CosineOptions & { readonly stretch?: number }): Schedule {
  const { initial, final = 0, steps, stretch = 1 } = options;
  checkGiven('cosineRestarts', { initial, steps });
  checkSteps('cosineRestarts', steps);
  checkSteps('cosineRestarts', stretch);
  return (step) => {
    let start = 0;
    let length = steps;
    if (stretch === 1) start = Math.floor(step / steps) * steps;
    else for (; step >= start + length; length *= stretch) start += length;
    return halfCosine(initial, final, (step - start) / length);
  };
}

/** From a (at 0) to b (at 1). */
export function halfCosine(a: number, b: number, t: number): number {
  return b + (a - b) * 0.5 * (1 + portableCosPi(t));
}
