import { type DType, isFloat } from '../buffer.ts';

/** Which values beyond the ordinary a device keeps. All of them, unless it says otherwise. */
export interface SpecialValues {
  readonly nan?: boolean;
  readonly infinity?: boolean;
  /** Numbers so close to 0 that their leading digit is lost first. Results may always be rounded to 0 instead. */
  readonly subnormal?: boolean;
  /** int32 is kept up to this number on either side of 0. Default: all of int32. */
  readonly largestInteger?: number;
  /** sin and cos are precise up to this number on either side of 0, which is 10,000 at least. Default: everywhere. */
  readonly largestAngle?: number;
}

/** The smallest number with all its digits. */
export const SMALLEST_NORMAL: Readonly<Record<DType, number>> = { float32: 2 ** -126, float64: 2 ** -1022, int32: 0 };

const EVERYDAY = [0, -0, 1, -1, 0.5, -0.5, 1e-20, -1e-20, 3, -7.25, 30, -30, 87, -87, 88.5, 100, -100, 1000, -1000];
const SUBNORMAL = { float32: 1e-40, float64: 1e-310, int32: 0 } as const;
const HUGE = { float32: 3e38, float64: 1.7e308, int32: 2 ** 31 - 1 } as const;

/** Values at which formulas go wrong. For int32: values that a float32 would round. */
export function specialValues(dtype: DType, special: SpecialValues): readonly number[] {
  const huge = HUGE[dtype];
  if (!isFloat(dtype)) {
    const largest = Math.min(huge, special.largestInteger ?? huge);
    const all = [0, 1, -1, 2 ** 24 + 1, -(2 ** 24) - 1, largest, largest - 1, -largest];
    return all.filter((value) => Math.abs(value) <= largest);
  }
  const values = [...EVERYDAY, SMALLEST_NORMAL[dtype], huge, -huge];
  if (special.nan !== false) values.push(NaN);
  if (special.infinity !== false) values.push(Infinity, -Infinity);
  if (special.subnormal !== false) values.push(SUBNORMAL[dtype], -SUBNORMAL[dtype]);
  return values;
}

/** The same, and angles at which a reduction to a quarter turn goes wrong: about multiples of π/2, small and large. */
export function specialAngles(dtype: DType, special: SpecialValues): readonly number[] {
  const quarters = [1, 2, 3, 4, 5, 6, 7, 8, 225, 226, 6365, 6366].map((k) => (k * Math.PI) / 2);
  const angles = [...quarters, 355, 9999.5, 1e4, 12_345.6, 99_999.9, 2 ** 20, 2 ** 22 + 1, 1e9, 1e15, 1e22];
  const all = [...specialValues(dtype, special), ...angles, ...angles.map((angle) => -angle)];
  const largest = special.largestAngle ?? Infinity;
  return all.filter((value) => !Number.isFinite(value) || Math.abs(value) <= largest);
}

/** Whether a device may be asked for this result. */
export function isKept(value: number, dtype: DType, special: SpecialValues): boolean {
  if (dtype === 'int32' && Math.abs(value) > (special.largestInteger ?? Infinity)) return false;
  const rounded = dtype === 'float32' ? Math.fround(value) : value;
  if (Number.isNaN(rounded)) return special.nan !== false;
  return Number.isFinite(rounded) || special.infinity !== false;
}
