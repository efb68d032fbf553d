import { UnrollError } from '@unroll/backend';
import { Adam, type Optimizer } from '@unroll/optim';
import { parametersOf } from '@unroll/tensor';

/**
 * What trains where no optimizer is given: Adam over all parameters of the model.
 * @throws UnrollError INVALID_ARGUMENT in the name of `who` if the model has none
 */
export function usualOptimizer(who: string, model: object): Optimizer {
  const parameters = parametersOf(model);
  if (parameters.length > 0) return new Adam({ parameters });
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${who}: the model has no parameters that could be trained. Give the object whose fields hold them, or an optimizer.`,
  );
}
