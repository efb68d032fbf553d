import type { DType } from '../buffer.ts';
import type { Primitive } from '../primitives.ts';

/**
 * How far a result may be from the reference: relative · magnitude + absolute. The magnitude is that of the reference, or, of
 * a sum of many terms, the sum of their magnitudes.
 */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

type Kind = 'exact' | 'rounded' | 'divided' | 'formula' | 'bounded' | 'total';

const KINDS: { readonly [P in Primitive]: Kind } = {
  neg: 'exact',
  exp: 'formula',
  log: 'bounded',
  sqrt: 'divided',
  tanh: 'bounded',
  sigmoid: 'bounded',
  relu: 'exact',
  erf: 'bounded',
  sin: 'bounded',
  cos: 'bounded',
  add: 'rounded',
  sub: 'rounded',
  mul: 'rounded',
  div: 'divided',
  maximum: 'exact',
  less: 'exact',
  equal: 'exact',
  where: 'exact',
  cast: 'rounded',
  matmul: 'total',
  sum: 'total',
  max: 'exact',
  argmax: 'exact',
  broadcast: 'exact',
  reshape: 'exact',
  transpose: 'exact',
  reverse: 'exact',
  split: 'exact',
  concat: 'exact',
  slice: 'exact',
  pad: 'exact',
  gather: 'exact',
  scatterAdd: 'total',
};

const EXACT: Tolerance = { relative: 0, absolute: 0 };

const TOLERANCES: Readonly<Record<Kind, Readonly<Record<DType, Tolerance>>>> = {
  /** The very number. */
  exact: { float32: EXACT, float64: EXACT, int32: EXACT },
  /** One rounding, to nearest or toward zero. */
  rounded: { float32: of(2 ** -23), float64: of(2 ** -52), int32: EXACT },
  /** The few last places that shaders may lose. */
  divided: { float32: of(3e-7), float64: of(2 ** -51), int32: EXACT },
  /** An approximation with a small relative error. */
  formula: { float32: of(1e-6), float64: of(4e-15), int32: EXACT },
  /** An approximation with a small error where the result is of the order of 1. */
  bounded: { float32: of(1e-6, 1e-6), float64: of(4e-15, 4e-15), int32: EXACT },
  /** Some hundred roundings. */
  total: { float32: of(2e-6), float64: of(4e-15), int32: EXACT },
};

function of(relative: number, absolute: number = 0): Tolerance {
  return { relative, absolute };
}

/** What is asked for unless a backend gives its reasons for more. */
export function defaultTolerance(primitive: Primitive, dtype: DType): Tolerance {
  return TOLERANCES[KINDS[primitive]][dtype];
}

/** Whether a result is a sum of terms, against whose magnitudes its error is measured. */
export function isTotal(primitive: Primitive): boolean {
  return KINDS[primitive] === 'total';
}
