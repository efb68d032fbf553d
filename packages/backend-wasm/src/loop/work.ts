import { type LoopProgram, sizeOf } from '@unroll/backend';

/** Multiplications and additions of a product in a microsecond, about, and elements of another op. */
const PRODUCTS = 20_000;
const ELEMENTS = 1000;

/** The microseconds that one step takes, about: enough to tell whether a run is worth a second thread. */
export function microsecondsPerStep({ phases, values }: LoopProgram): number {
  let sum = 0;
  for (const equation of phases.loop) {
    const elements = equation.outputs.reduce((total, output) => total + sizeOf(values[output]!.shape), 0);
    if (equation.op !== 'matmul') sum += elements / ELEMENTS;
    else sum += (elements * values[equation.inputs[0]!]!.shape.at(equation.attrs.transposeA ? -2 : -1)!) / PRODUCTS;
  }
  return sum;
}
