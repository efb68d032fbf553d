import * as v from 'valibot';
import { count } from './checked.ts';

/** When to stop because the model no longer gets better. */
export interface EarlyStoppingOptions {
  /** The number of validations in a row without improvement after which the run ends. */
  readonly patience: number;
  /** By how much the validation loss must fall to count as an improvement. Default 0: by anything. */
  readonly minDelta?: number;
}

/** What a run remembers of its validations. */
export interface ValidationProgress {
  /** The step of the latest validation. */
  readonly lastStep: number;
  /** The lowest loss, and its step. */
  readonly bestLoss: number;
  readonly bestStep: number;
  /** The loss that an improvement is measured from. */
  readonly reference: number;
  /** Validations since then. */
  readonly waited: number;
}

export const validationProgressSchema: v.GenericSchema<ValidationProgress> = v.object({
  lastStep: count,
  bestLoss: v.number(),
  bestStep: count,
  reference: v.number(),
  waited: count,
});

/** `progress` after a further validation. */
export function afterValidation(
  progress: ValidationProgress | undefined,
  step: number,
  loss: number,
  { minDelta = 0 }: Partial<EarlyStoppingOptions> = {},
): ValidationProgress {
  if (!progress) return { lastStep: step, bestLoss: loss, bestStep: step, reference: loss, waited: 0 };
  const isBest = loss < progress.bestLoss;
  const isImprovement = loss < progress.reference - minDelta;
  return {
    lastStep: step,
    bestLoss: isBest ? loss : progress.bestLoss,
    bestStep: isBest ? step : progress.bestStep,
    reference: isImprovement ? loss : progress.reference,
    waited: isImprovement ? 0 : progress.waited + 1,
  };
}
