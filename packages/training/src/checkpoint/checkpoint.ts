import type { StateDict } from '@unroll/io';
import type { OptimizerState } from '@unroll/optim';
import type { Json } from '../json.ts';
import type { MovingAverageState } from '../moving-average.ts';
import type { ValidationProgress } from '../validation-progress.ts';
import type { SavedCarry } from './carry.ts';

/** A mean in the making. */
export interface SummedLosses {
  readonly sum: number;
  readonly steps: number;
}

/**
 * All that a run needs to go on as if it had never stopped, outside of any device. `loadStateDict(model, checkpoint.model)` gives
 * the model alone, for those who only want to use it.
 */
export interface Checkpoint {
  /** The number of steps taken. */
  readonly step: number;
  /** The parameters by name. */
  readonly model: StateDict;
  /** What the caller of `fit` wanted to keep beside: configuration, vocabulary. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Absent before the first validation. */
  readonly validation?: ValidationProgress | undefined;
  readonly optimizer: OptimizerState;
  /** Of the weights, where one is kept. */
  readonly average?: MovingAverageState | undefined;
  /** Of the first step: what `guard` compares with. */
  readonly firstLoss?: number | undefined;
  /** Those of the steps since the last validation. */
  readonly losses?: SummedLosses | undefined;
  /** Of the learning rate, where it depends on more than the step. */
  readonly schedule?: Json | undefined;
  readonly source: Json;
  /** `Rng.state()` of the numbers that the loss draws. */
  readonly rng: readonly number[];
  /** Absent where the next batch starts anew. */
  readonly carry?: SavedCarry | undefined;
}
