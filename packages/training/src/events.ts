import type { ErrorCode } from '@unroll/backend';

/** A step was taken. */
export interface StepEvent {
  readonly type: 'step';
  /** The number of steps taken, this one included. */
  readonly step: number;
  /** Passes over the data so far, this step included: 1.5 is the middle of the second. Absent where the source has no `batchesPerEpoch`. */
  readonly epoch?: number;
  /** Of the batch, before the step. */
  readonly loss: number;
  /** √Σg² over all gradients, before clipping. */
  readonly gradientNorm: number;
  /** The rate of this step. */
  readonly learningRate: number;
  /** Wall-clock time of this step: batch, loss, gradients, update. */
  readonly seconds: number;
}

/** The model was validated. */
export interface ValidationEvent {
  readonly type: 'validation';
  readonly step: number;
  readonly loss: number;
  /** The mean of the losses of the steps since the last validation, to be compared with `loss`; absent where there was none. */
  readonly trainingLoss?: number;
  /** Lower than all before. */
  readonly best: boolean;
  /** What the validation measured besides. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** A sample was made. */
export interface SampleEvent {
  readonly type: 'sample';
  readonly step: number;
  readonly text: string;
}

/** `last` is where a run goes on; the others are those of the lowest losses in validation. */
export type CheckpointName = 'last' | 'best' | `best-${number}`;

/** A checkpoint was saved. */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly step: number;
  /**
   * Its name in the store. `last`: where to go on from. `best`: the lowest validation loss. `best-<step>`: one of the lowest, where
   * more than one are kept.
   */
  readonly name: CheckpointName;
}

/** Something is wrong, so that the run ends: the last event before the error, a `DivergenceError` of the same content, is thrown. */
export interface AlarmEvent {
  readonly type: 'alarm';
  /** The step that was not taken. */
  readonly step: number;
  readonly code: ErrorCode;
  /** The first parameter that is not finite, or whose gradient is not; or that with the largest gradient. */
  readonly parameter?: string;
  /** What happened, and what to try. */
  readonly message: string;
}

/** What a run came to. */
export interface FitSummary {
  /** The number of steps taken, those before a resume included. */
  readonly step: number;
  readonly reason: 'steps' | 'early-stopping' | 'aborted';
  /** The lowest validation loss and its step; absent where nothing was validated. */
  readonly best?: { readonly step: number; readonly loss: number };
  /** Wall-clock time since the call, or since the resume. */
  readonly seconds: number;
}

/** The run has ended: always the last event. */
export interface DoneEvent extends FitSummary {
  readonly type: 'done';
}

/**
 * What `fit` tells, in this order after each step: step, validation, checkpoints best, sample, checkpoint last; at the end done, or
 * an alarm and an error.
 */
export type FitEvent = StepEvent | ValidationEvent | SampleEvent | CheckpointEvent | AlarmEvent | DoneEvent;
