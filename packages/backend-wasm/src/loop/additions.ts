import type { LoopEquation } from '@unroll/backend';
import type { Facts } from './seen-in-place.ts';
import { fits, isSame, matrixOf } from './values.ts';

type ProductEquation = LoopEquation & { readonly op: 'matmul' };

/** A product that is added to something else, and that sum. */
export interface Addition {
  readonly product: ProductEquation;
  /** The other term. */
  readonly term: number;
  readonly sum: number;
}

/**
 * Finds the products that can be added straight to the other term of a sum, where that lies: the sum is only carried on, kept or
 * multiplied, so that nothing in the step reads it element by element, and it is all that reads the product. By the outputs of the
 * product and of the sum.
 */
export function additionsOnto(
  equations: readonly LoopEquation[],
  { shapes, dtypes, outliving }: Facts,
): ReadonlyMap<number, Addition> {
  const readers = new Map<number, LoopEquation[]>();
  const products = new Map<number, ProductEquation>();
  for (const equation of equations) {
    for (const input of equation.inputs) {
      const known = readers.get(input);
      if (known) known.push(equation);
      else readers.set(input, [equation]);
    }
    if (equation.op === 'matmul') products.set(equation.outputs[0]!, equation);
  }
  const additions = new Map<number, Addition>();
  for (const { op, inputs, outputs } of equations) {
    const sum = outputs[0]!;
    if (op !== 'add' || dtypes[sum] !== 'float32' || shapes[sum]!.length !== 2) continue;
    const [x, y] = inputs as [number, number];
    const [output, term] = products.has(y) ? [y, x] : [x, y];
    const product = products.get(output);
    const matrix = matrixOf(shapes[sum]!);
    const suits =
      product !== undefined &&
      !products.has(term) &&
      !outliving.has(output) &&
      readers.get(output)!.length === 1 &&
      (readers.get(sum) ?? []).every((reader) => reader.op === 'matmul') &&
      // One row has a kernel of its own.
      matrix.rows > 1 &&
      isSame(matrixOf(shapes[output]!), matrix) &&
      fits(matrixOf(shapes[term]!), matrix);
    if (!suits) continue;
    const addition = { product, term, sum };
    additions.set(output, addition);
    additions.set(sum, addition);
  }
  return additions;
}
