import { Parameter, type Rng, type Shape, checkRng } from '@unroll/tensor';
import type { Initializer } from './initializer.ts';

/**
 * A parameter of `owner` (a layer or a cell, for its name) as its initializer draws it.
 * @throws UnrollError INVALID_ARGUMENT naming the owner's class where the rng was forgotten
 */
export function drawParameter(owner: object, initializer: Initializer, shape: Shape, rng: Rng): Parameter {
  checkRng(owner.constructor.name, rng);
  return new Parameter(initializer(shape, rng));
}
