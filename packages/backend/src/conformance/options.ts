import type { DType } from '../buffer.ts';
import type { FusedOp } from '../fused.ts';
import type { Primitive } from '../primitives.ts';
import type { Property } from './contract.ts';
import type { ConformanceReport } from './report.ts';
import type { SpecialValues } from './special.ts';
import type { Tolerance } from './tolerance.ts';

export interface ConformanceOptions {
  /** What the backend computes in. Default: all dtypes. int32 is needed in any case, for indices. */
  readonly dtypes?: readonly DType[];
  /** Larger errors than the default ones, by primitive and dtype of the result. */
  readonly tolerances?: { readonly [P in Primitive]?: { readonly [D in DType]?: Tolerance } };
  /** Values that the device does not keep. They are neither given to it nor asked of it. */
  readonly special?: SpecialValues;
  /** Primitives, whole ops and properties that are left out, each with the reason, which the test's name shows. */
  readonly skips?: { readonly [K in Primitive | FusedOp | Property]?: string };
  /**
   * One case in so many of each op and dtype runs, the first among them; the report says how many were left out. For a device on which each
   * case costs a compilation, beside a run of all cases now and then. Default 1: all of them.
   */
  readonly every?: number;
  /** Prints the worst error of each op and dtype against its tolerance at the end, and what was skipped. Default: false. */
  readonly report?: boolean;
  /** Takes the same figures, for instance to write `report.toMarkdown()` into a file. */
  readonly onReport?: (report: ConformanceReport) => void;
}
