import type { PrimitiveAttrs } from '../primitives.ts';
import { type Shape, formatShape } from '../shape.ts';
import { type Case, FLOATS, type Scope, type Suites } from './case.ts';
import { type Fill, cycle } from './inputs.ts';

type Attrs = PrimitiveAttrs['matmul'];

export const matmulSuites: Pick<Suites, 'matmul'> = { matmul: { dtypes: FLOATS, cases } };

/** m, k, n: single rows and columns, lengths around the sides of register blocks, and nothing at all. */
const SIZES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 5, 1],
  [1, 7, 9],
  [1, 33, 130],
  [9, 7, 1],
  [2, 4, 3],
  [3, 1, 5],
  [2, 31, 7],
  [7, 31, 2],
  [3, 8, 3],
  [4, 4, 4],
  [5, 3, 7],
  [8, 8, 8],
  [12, 2, 13],
  [9, 31, 33],
  [33, 9, 8],
  [0, 3, 2],
  [2, 0, 3],
  [2, 3, 0],
  [65, 67, 130],
  [259, 3, 35],
];
const BATCHED: readonly (readonly [number, number, number, number])[] = [
  [1, 2, 3, 4],
  [3, 1, 5, 7],
  [3, 5, 7, 1],
  [2, 4, 8, 12],
  [5, 7, 1, 3],
  [3, 9, 10, 11],
  [0, 2, 3, 4],
  [2, 3, 0, 4],
];

function cases({ special }: Scope): Case<Attrs>[] {
  const all: Case<Attrs>[] = [];
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      const attrs = { transposeA, transposeB };
      for (const [m, k, n] of SIZES) all.push(product([], m, k, n, attrs));
      for (const [batch, m, k, n] of BATCHED) all.push(product([batch], m, k, n, attrs));
      // No product may be left out because one of its factors is 0.
      const values = [0, 1, -1, 0, 2, 0, 0];
      if (special.nan !== false) values.push(NaN);
      if (special.infinity !== false && special.nan !== false) values.push(Infinity);
      all.push(product([], 9, 5, 11, attrs, cycle(values)));
    }
  }
  return all;
}

function product(batch: Shape, m: number, k: number, n: number, attrs: Attrs, fill?: Fill): Case<Attrs> {
  const a = [...batch, ...(attrs.transposeA ? [k, m] : [m, k])];
  const b = [...batch, ...(attrs.transposeB ? [n, k] : [k, n])];
  const text = `${formatShape(a)}${attrs.transposeA ? 'ᵀ' : ''} × ${formatShape(b)}${attrs.transposeB ? 'ᵀ' : ''}`;
  return {
    title: fill ? `${text} special values` : text,
    inputs: [a, b].map((shape) => (fill ? { shape, fill } : { shape })),
    attrs,
  };
}
