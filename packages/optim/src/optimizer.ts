import type { Parameter, Shape, Tensor, TypedArray } from '@unroll/tensor';
import type { Schedule } from './schedules/schedule.ts';

/** Changes parameters a little, against their gradients. */
export interface Optimizer {
  /** What it changes, in the order in which `step` takes the gradients. */
  readonly parameters: readonly Parameter[];
  /** How many steps it has taken. */
  readonly stepsTaken: number;
  /** The rate that the next step uses. */
  readonly learningRate: number;
  /**
   * Changes every parameter once. The gradients, one per parameter and of its shape, stay the caller's.
   * @throws UnrollError SHAPE_MISMATCH, DTYPE_MISMATCH before anything is changed
   */
  step(gradients: readonly Tensor[], options?: StepOptions): void;
  /** A copy of all that must be saved, besides the parameters, to go on later as if never stopped. */
  state(): Promise<OptimizerState>;
  /**
   * Goes on from a saved state, to the bit.
   * @throws UnrollError STATE_MISMATCH if it was saved by another kind of optimizer, or for other parameters; nothing is changed then
   */
  restore(state: OptimizerState): void;
  /** Gives the memory of the state back. */
  dispose(): void;
}

export interface StepOptions {
  /** For this step alone, in place of the optimizer's own: where the rate depends on more than the step (`PlateauSchedule`). */
  readonly learningRate?: number | undefined;
}

/** What every optimizer is made from. */
export interface OptimizerOptions {
  /** What it changes: `parametersOf(model)`. */
  readonly parameters: readonly Parameter[];
  /** A number, or a function of the steps taken before. */
  readonly learningRate?: number | Schedule;
}

/** Plain data. */
export interface OptimizerState {
  /** The kind of optimizer that wrote it: `Adam`. */
  readonly optimizer: string;
  readonly stepsTaken: number;
  /** `0.firstMoment` is the first moment of parameter 0. Empty before the first step. */
  readonly tensors: Readonly<Record<string, SavedTensor>>;
}

/** A tensor as plain data, row-major. */
export interface SavedTensor {
  readonly shape: Shape;
  readonly data: TypedArray;
}
