import { type Finding, show } from '../finding.ts';
import type { Observation } from '../observation.ts';

/** Fewer steps tell nothing. */
const FEWEST_STEPS = 4;
/** A gradient that falls below a hundredth within two steps. */
const VANISHING_FACTOR = 0.1;
/** What is left after `reach` steps must not be less. */
const LEAST_LEFT = 1e-3;
/** Growth per step, and over the sequence, from which on a gradient explodes. */
const EXPLODING_FACTOR = 1.1;
const EXPLODING_GROWTH = 100;

/** How ∂h_T/∂h_t changes from step to step, which does not depend on the loss. */
export function checkThroughTime({ throughTime }: Observation, reach: number | undefined): readonly Finding[] {
  return [...throughTime].flatMap(([cell, norms]): readonly Finding[] => {
    const steps = norms.findLastIndex((norm) => norm > 0);
    const first = norms.findIndex((norm) => norm > 0);
    const between = steps - first;
    const where = cell === '' ? {} : { where: cell };
    if (steps < FEWEST_STEPS - 1) return [];
    // A gradient that is exactly 0 before some step has vanished altogether.
    const growth = first > 0 && between < FEWEST_STEPS ? 0 : norms[first]! / norms[steps]!;
    const factor = growth ** (1 / between);
    if (factor > EXPLODING_FACTOR && growth > EXPLODING_GROWTH) {
      return [
        {
          code: 'EXPLODING_GRADIENT',
          ...where,
          explanation: `Going back in time, the gradient by the state grows by a factor of ${show(factor)} per step: ${show(growth)} over ${between} steps.`,
          remedy:
            'Clip gradients (clipNorm of fit), start the recurrent weights orthogonal or smaller, or use an LSTM or a GRU.',
        },
      ];
    }
    const left = reach === undefined ? undefined : factor ** reach;
    if (factor >= VANISHING_FACTOR && (left === undefined || left >= LEAST_LEFT)) return [];
    return [
      {
        code: 'VANISHING_GRADIENT',
        ...where,
        explanation:
          `Going back in time, the gradient by the state is multiplied by ${show(factor)} per step` +
          (left === undefined ? '' : `; after ${reach} steps ${show(left)} of it is left`) +
          ': what lies further back can hardly be learned.',
        remedy:
          'Use an LSTM with a larger bias of the forget gate (about log of the steps to be remembered; Tallec & Ollivier 2018), a GRU, ' +
          'or orthogonal recurrent weights; skip connections and attention make the way shorter.',
      },
    ];
  });
}
