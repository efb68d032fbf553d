import type { DType } from './buffer.ts';
import type { Shape } from './shape.ts';

/** No attributes. */
export type None = Readonly<Record<never, never>>;

/**
 * Every primitive op, and the attributes it takes besides its inputs. One row per primitive here, in each backend (its kernel),
 * in `inferSignatures` (its shapes) and in autograd (its derivative); the compiler checks that all tables are complete.
 *
 * All axes are non-negative. Reductions keep the reduced axes with length 1. Binary ops and `where` broadcast their inputs by
 * NumPy's rule and want equal dtypes. Comparisons give 1 or 0 in the dtype of their inputs.
 */
export interface PrimitiveAttrs {
  // One float input, the same shape out.
  neg: None;
  exp: None;
  log: None;
  sqrt: None;
  tanh: None;
  /** 1 / (1 + e⁻ˣ), without overflow. */
  sigmoid: None;
  /** max(x, 0); NaN stays NaN. */
  relu: None;
  /** The error function 2/√π ∫₀ˣ e^(−t²) dt. */
  erf: None;
  /** sin x, x in radians; NaN at ±∞. Devices may lose digits of angles beyond ±10,000. */
  sin: None;
  /** cos x, as sin. */
  cos: None;

  // Two inputs, broadcast.
  add: None;
  sub: None;
  mul: None;
  div: None;
  /** NaN if either is NaN. */
  maximum: None;
  /** x < y */
  less: None;
  /** x = y; false for NaN. */
  equal: None;

  /** where(condition, x, y): x where the condition is not 0, else y. The condition may have any dtype. Broadcasts. */
  where: None;
  /** Another dtype. To int32: truncates toward zero; what int32 can't hold is undefined. */
  cast: { readonly dtype: DType };

  /** [m, k] × [k, n], or a batch of them [b, m, k] × [b, k, n]; a transposed operand is given as [k, m] or [n, k]. */
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean };

  sum: { readonly axes: readonly number[] };
  /** The largest element; NaN if there is one; over nothing −∞, or the smallest int32. */
  max: { readonly axes: readonly number[] };
  /** int32: the first position of the largest element, or of the first NaN. */
  argmax: { readonly axis: number };

  /** Repeats axes of length 1 (and missing leading axes) up to `shape`. */
  broadcast: { readonly shape: Shape };
  reshape: { readonly shape: Shape };
  /** Axis i of the result is axis order[i] of the input. */
  transpose: { readonly order: readonly number[] };
  reverse: { readonly axis: number };

  /** One input, sizes.length outputs. The adjoint of `concat`. */
  split: { readonly axis: number; readonly sizes: readonly number[] };
  concat: { readonly axis: number };
  /** `size` positions from `start` on. The adjoint of `pad`. */
  slice: { readonly axis: number; readonly start: number; readonly size: number };
  /** Zeros before and after. */
  pad: { readonly axis: number; readonly before: number; readonly after: number };

  /** table [rows, …rest], indices int32 of any shape [...i] → [...i, …rest]. An index outside [0, rows) is an error. */
  gather: None;
  /** The adjoint of `gather`: updates [...i, …rest], indices [...i] → [rows, …rest], equal indices add up. */
  scatterAdd: { readonly rows: number };
}

/** The name of an op that every backend has. */
export type Primitive = keyof PrimitiveAttrs;
