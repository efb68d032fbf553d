import { formatShape } from '@unroll/backend';
import { Parameter, type Rng, type Shape, type Tensor, UnrollError, checkRng } from '@unroll/tensor';
import type { Initializer } from './initializer.ts';

/**
 * A parameter of `owner` (a layer or a cell, for its name) as its initializer draws it.
 * @throws UnrollError INVALID_ARGUMENT naming the owner's class where the rng was forgotten, OUT_OF_MEMORY where there is no room for it
 */
export function drawParameter(owner: object, initializer: Initializer, shape: Shape, rng: Rng): Parameter {
  return new Parameter(drawValue(owner, initializer, shape, rng));
}

/** The same as a tensor, which is still to become a parameter. */
export function drawValue(owner: object, initializer: Initializer, shape: Shape, rng: Rng): Tensor {
  const { name } = owner.constructor;
  checkRng(name, rng);
  try {
    return initializer(shape, rng);
  } catch (error) {
    if (!(error instanceof UnrollError && error.code === 'OUT_OF_MEMORY')) throw error;
    throw new UnrollError('OUT_OF_MEMORY', `${name}: a parameter ${formatShape(shape)}: ${error.message}`, {
      cause: error,
    });
  }
}
