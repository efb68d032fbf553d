import type { Optimizer } from '@unroll/optim';
import { namedParameters } from '@unroll/tensor';
import type { Finding } from '../finding.ts';
import type { Observation } from '../observation.ts';

/** Parameters that the loss does not look at, that it does not depend on, and that nobody trains. */
export function checkParameters(
  model: object,
  { gradients, read }: Observation,
  optimizer: Optimizer | undefined,
): readonly Finding[] {
  const trained = optimizer && new Set(optimizer.parameters);
  return namedParameters(model).flatMap(([where, parameter]): readonly Finding[] => {
    if (trained && !trained.has(parameter)) {
      return [
        {
          code: 'NOT_TRAINED',
          where,
          explanation: 'The optimizer does not have this parameter: it stays as it is.',
          remedy: 'Make the optimizer over parametersOf(model), unless it is to be frozen.',
        },
      ];
    }
    if (!read.has(where)) {
      return [
        {
          code: 'UNUSED_PARAMETER',
          where,
          explanation:
            'The loss is computed without looking at this parameter: it is never trained, and saved for nothing.',
          remedy: 'Call the layer that it belongs to, or take it out of the model.',
        },
      ];
    }
    if (gradients.get(where) !== 0) return [];
    return [
      {
        code: 'NO_GRADIENT',
        where,
        explanation:
          'The loss is computed with this parameter, but its gradient is exactly 0 everywhere: no step changes it.',
        remedy:
          'Look for detach(), for argmax and comparisons on the way to the loss, for what is multiplied by 0, and for relu that is never above 0. ' +
          'Recurrent weights see nothing in sequences of one step.',
      },
    ];
  });
}
