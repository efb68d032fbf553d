import type { Parameter, Tensor } from '@unroll/tensor';

/** A tensor, or a Parameter, whose value is meant. */
export type Operand = Tensor | Parameter;

export function valueOf(x: Operand): Tensor {
  return 'value' in x ? x.value : x;
}
