import type { Signature } from './buffer.ts';
import { UnrollError } from './errors.ts';
import type { None } from './primitives.ts';
import { type Shape, formatShape, sizeOf } from './shape.ts';

/** What a step of Adam or AdamW is told. */
export interface AdamAttrs {
  readonly beta1: number;
  readonly beta2: number;
  /** With both corrections for the first steps in it: lr √(1 − β₂ᵗ) / (1 − β₁ᵗ). */
  readonly rate: number;
  /** With the correction in it: ε √(1 − β₂ᵗ). */
  readonly epsilon: number;
  /** λ of an L2 penalty. */
  readonly weightDecay: number;
  /** What the parameter is multiplied by before the step: 1 for Adam, 1 − lr λ for AdamW. */
  readonly shrink: number;
}

/** What a step of gradient descent is told. */
export interface SgdAttrs {
  readonly rate: number;
  /** λ of an L2 penalty. */
  readonly weightDecay: number;
}

/** Of a step of gradient descent with momentum. */
export interface SgdMomentumAttrs extends SgdAttrs {
  readonly momentum: number;
  /** What the gradient is multiplied by as it enters the momentum: 1 − dampening. */
  readonly share: number;
  readonly nesterov: boolean;
}

/** Of a step of RMSProp: how much of the mean square stays, and what keeps the divisor from 0. */
export interface RmsPropAttrs extends SgdAttrs {
  readonly alpha: number;
  readonly epsilon: number;
}

/** Of the cross-entropy of rows of logits. */
export interface CrossEntropyAttrs {
  /** Rows with this target are left out, whatever they hold: their loss and their gradient are 0. */
  readonly ignoreIndex: number;
}

/** Of rows with one 1. */
export interface OneHotAttrs {
  readonly depth: number;
  readonly dtype: 'float32' | 'float64';
}

/**
 * Whole ops that a backend may have one kernel for, and their attributes. Each is a formula in primitives, which runs where the
 * kernel is missing: leaving all out changes no result but its last digits. x, y and all floats of one call have one dtype.
 * Rows are the last axis; sums run in a fixed order.
 */
export interface FusedAttrs {
  /** x [..., n] → e^(x − m) / Σ e^(x − m), with m the largest of the row, or 0 if that is infinite; `empty` where the sum is 0. */
  softmax: { readonly empty: 'zero' | 'nan' };
  /** y, dy → y (dy − Σ y dy): the cotangent of x from that of y = softmax x. */
  softmaxGradient: None;
  /** x [..., n] → (x − m) − log Σ e^(x − m), with m as above. */
  logSoftmax: None;
  /** y, dy → dy − eʸ Σ dy */
  logSoftmaxGradient: None;

  /**
   * x [..., classes], int32 targets [...] → losses [...]: log Σ e^(x − m) − (x_target − m), with m the largest of the row.
   * A target outside of [0, classes) is an error (`targetOutOfRange`) unless it is `ignoreIndex`.
   */
  crossEntropy: CrossEntropyAttrs;
  /** The same, and the derivative of each loss by its row: [..., classes], softmax x less 1 at the target. */
  crossEntropyWithGradient: CrossEntropyAttrs;
  /**
   * The same in one number: mean [], the sum of the losses divided by how many rows are not left out, or by 1; and its derivative by x:
   * [..., classes].
   */
  crossEntropyMean: CrossEntropyAttrs;

  /** x [..., n], weight [n], bias [n] → (x − mean) / d · weight + bias, mean [..., 1], d [..., 1] = √(var x + ε). */
  layerNorm: { readonly epsilon: number };
  /** x, weight, mean, d, dy → cotangents of x, weight and bias. */
  layerNormGradient: None;

  /** p, g, m, v → p, m, v after a step: g ← g + λp, m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← shrink p − rate m / (√v + ε). */
  adam: AdamAttrs;
  /** p, g, m, v of any number of parameters, all of the first and then of the next → p, m, v of each, as `adam` makes them. */
  adamOfAll: AdamAttrs;
  /** p, g → p − rate (g + λp) */
  sgd: SgdAttrs;
  /** p, g, b → p, b after a step: g ← g + λp, b ← μb + share g, p ← p − rate b, or with Nesterov p − rate (g + μb). */
  sgdMomentum: SgdMomentumAttrs;
  /** p, g, s → p, s after a step: g ← g + λp, s ← αs + (1 − α)g², p ← p − rate g / (√s + ε). */
  rmsProp: RmsPropAttrs;

  /** Any number of tensors → [], the sum of the squares of all their elements. */
  sumOfSquares: None;

  /** int32 indices [...] → [..., depth]: 1 at the position that each names, else 0. An index outside of [0, depth) gives a row of zeros. */
  oneHot: OneHotAttrs;

  /**
   * a [time, rows, k], b [k, n] → aₜ b [time, rows, n]: what a weight that all steps share makes of their inputs. With `transposeB` b
   * is given as [n, k]. The rows are those of the batch, which a compiled loop may divide.
   */
  productOverTime: { readonly transposeB: boolean };
  /** a [time, rows, m], b [time, rows, n] → Σₜ aₜᵀ bₜ [m, n]: the cotangent of such a weight. */
  sumOfProducts: None;
}

/** The name of a whole op that a backend may have. */
export type FusedOp = keyof FusedAttrs;

type Rule<F extends FusedOp> = (inputs: readonly Signature[], attrs: FusedAttrs[F]) => readonly Signature[];

const first: Rule<FusedOp> = ([x]) => [x!];

const rules: { readonly [F in FusedOp]: Rule<F> } = {
  softmax: first,
  softmaxGradient: first,
  logSoftmax: first,
  logSoftmaxGradient: first,
  crossEntropy: ([x, targets]) => [{ shape: targets!.shape, dtype: x!.dtype }],
  crossEntropyWithGradient: ([x, targets]) => [{ shape: targets!.shape, dtype: x!.dtype }, x!],
  crossEntropyMean: ([x]) => [{ shape: [], dtype: x!.dtype }, x!],
  layerNorm: ([x]) => {
    const perRow = { shape: [...x!.shape.slice(0, -1), 1], dtype: x!.dtype };
    return [x!, perRow, perRow];
  },
  layerNormGradient: ([x, weight]) => [x!, weight!, weight!],
  adam: ([p, , m, v]) => [p!, m!, v!],
  adamOfAll: (inputs) => inputs.filter((_, i) => i % 4 !== 1),
  sgd: first,
  sgdMomentum: ([p, , b]) => [p!, b!],
  rmsProp: ([p, , s]) => [p!, s!],
  sumOfSquares: ([x]) => [{ shape: [], dtype: x!.dtype }],
  oneHot: ([indices], { depth, dtype }) => [{ shape: [...indices!.shape, depth], dtype }],
  productOverTime: ([a, b], { transposeB }) => {
    const [time, rows] = a!.shape as [number, number];
    return [{ shape: [time, rows, b!.shape[transposeB ? 0 : 1]!], dtype: a!.dtype }];
  },
  sumOfProducts: ([a, b]) => [{ shape: [a!.shape[2]!, b!.shape[2]!], dtype: a!.dtype }],
};

/** The shapes and dtypes that a fused op makes of its inputs; that the inputs fit is its caller's care. */
export function inferFusedSignatures<F extends FusedOp>(
  op: F,
  inputs: readonly Signature[],
  attrs: FusedAttrs[F],
): readonly Signature[] {
  return rules[op](inputs, attrs).map(({ shape, dtype }) => ({ shape, dtype }));
}

/** The names of all fused ops. */
export const fusedNames: readonly FusedOp[] = Object.keys(rules) as FusedOp[];

/** The error for target `value` at position `at` of the targets. */
export function targetOutOfRange(
  value: number,
  at: number,
  { shape }: { readonly shape: Shape },
  classes: number,
  ignoreIndex: number,
): UnrollError {
  const position = shape.map((length, axis) => Math.floor(at / sizeOf(shape.slice(axis + 1))) % length);
  return new UnrollError(
    'INDEX_OUT_OF_RANGE',
    `crossEntropy: the target at ${formatShape(position)} is ${value}, but there are ${classes} classes, 0 to ${classes - 1}. ` +
      `Leave a position out with mask 0, or with the target ${ignoreIndex} (ignoreIndex).`,
  );
}
