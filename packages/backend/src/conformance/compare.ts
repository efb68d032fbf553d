import type { DType } from '../buffer.ts';
import { type Shape, formatShape } from '../shape.ts';
import { SMALLEST_NORMAL, type SpecialValues, isKept } from './special.ts';
import type { Tolerance } from './tolerance.ts';

/** How far results are from the reference. */
export interface Errors {
  /** The largest error, divided by the magnitude of the value. */
  readonly worst: number;
  /** The largest part of its tolerance that an error takes; 1 is just allowed. */
  readonly used: number;
}

export interface Comparison extends Errors {
  /** The first element that is too far off, in words. */
  readonly failure: string | undefined;
}

export interface Expectation {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly values: readonly number[];
  /** What errors are measured against, per element. */
  readonly magnitudes: readonly number[];
}

/** Compares results with the reference. NaN must meet NaN, and ∞ the same ∞; the sign of 0 does not matter. */
export function compare(
  got: ArrayLike<number>,
  { shape, dtype, values, magnitudes }: Expectation,
  tolerance: Tolerance,
  special: SpecialValues,
): Comparison {
  let worst = 0;
  let used = 0;
  let failure: string | undefined;
  if (got.length !== values.length) failure = `${got.length} elements instead of ${values.length}`;
  for (let i = 0; i < values.length && failure === undefined; i++) {
    if (!isKept(values[i]!, dtype, special)) continue;
    const want = dtype === 'float32' ? Math.fround(values[i]!) : values[i]!;
    const value = got[i]!;
    if (value === want || (Number.isNaN(want) && Number.isNaN(value))) continue;
    const difference = Math.abs(value - want);
    const magnitude = magnitudes[i]!;
    const allowed = allowance(value, want, magnitude, tolerance, SMALLEST_NORMAL[dtype]);
    // Also false where one of the two is not finite.
    if (difference <= allowed && Number.isFinite(want)) {
      used = Math.max(used, difference / allowed);
      if (magnitude >= SMALLEST_NORMAL[dtype]) worst = Math.max(worst, difference / magnitude);
    } else {
      failure = `element ${place(i, shape)} is ${value} instead of ${want}: off by ${difference.toExponential(1)}, allowed are ${allowed.toExponential(1)}`;
    }
  }
  return { worst, used, failure };
}

function allowance(value: number, want: number, magnitude: number, tolerance: Tolerance, smallest: number): number {
  const allowed = tolerance.relative * magnitude + tolerance.absolute;
  if (Math.abs(want) >= smallest) return allowed;
  // Below the smallest normal number digits are lost, and a device may give 0 instead.
  return value === 0 || allowed > 0 ? Math.max(allowed, smallest) : 0;
}

function place(position: number, shape: Shape): string {
  const index = shape.map(() => 0);
  for (let axis = shape.length - 1, rest = position; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return formatShape(index);
}
