import { parametersOf } from '@unroll/tensor';

/** How many numbers a model has learned. */
export function modelSize(model: object): number {
  return parametersOf(model).reduce((sum, parameter) => sum + parameter.value.size, 0);
}
