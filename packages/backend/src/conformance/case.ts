import type { DType } from '../buffer.ts';
import type { Primitive, PrimitiveAttrs } from '../primitives.ts';
import { type Shape, formatShape } from '../shape.ts';
import type { Fill } from './inputs.ts';
import type { SpecialValues } from './special.ts';

export interface CaseInput {
  readonly shape: Shape;
  /** Default: the dtype under test. */
  readonly dtype?: DType;
  readonly fill?: Fill;
}

/** One call of a primitive. */
export interface Case<Attrs> {
  /** The end of the test's name. */
  readonly title: string;
  readonly inputs: readonly CaseInput[];
  readonly attrs: Attrs;
}

/** What a backend is asked for. */
export interface Scope {
  /** The dtype under test. */
  readonly dtype: DType;
  /** All that the backend has. */
  readonly dtypes: readonly DType[];
  readonly special: SpecialValues;
}

/** The cases of one primitive. */
export interface Suite<Attrs> {
  /** Dtypes that the primitive takes. */
  readonly dtypes: readonly DType[];
  readonly cases: (scope: Scope) => readonly Case<Attrs>[];
}

/** Cases for every primitive; leaving one out does not compile. */
export type Suites = { readonly [P in Primitive]: Suite<PrimitiveAttrs[P]> };

export const FLOATS: readonly DType[] = ['float32', 'float64'];
export const ALL: readonly DType[] = ['float32', 'float64', 'int32'];

/** Lengths around the widths of vector instructions, and shapes of every rank. */
export const SHAPES: readonly Shape[] = [
  [],
  [0],
  [1],
  [2],
  [3],
  [4],
  [5],
  [7],
  [8],
  [9],
  [31],
  [33],
  [2, 3],
  [1, 1],
  [3, 0, 2],
  [5, 7],
  [2, 3, 4],
  [2, 1, 3, 2],
  [67, 129],
];

export function titleOf(inputs: readonly CaseInput[], ...notes: readonly string[]): string {
  return [inputs.map(({ shape }) => formatShape(shape)).join(', '), ...notes].join(' ');
}
