import * as v from 'valibot';
import { count } from './checked.ts';

/** When to stop because the model no longer gets better. */
export interface EarlyStoppingOptions {
  /** The number of validations in a row without improvement after which the run ends. */
  readonly patience: number;
  /** By how much the validation loss must fall to count as an improvement. Default 0: by anything. */
  readonly minDelta?: number;
}

/** A validation whose checkpoint is kept. */
export interface KeptValidation {
  readonly step: number;
  readonly loss: number;
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
  /** The lowest few, the lowest first, where more than one are kept. */
  readonly kept?: readonly KeptValidation[];
}

export const validationProgressSchema: v.GenericSchema<ValidationProgress> = v.object({
  lastStep: count,
  bestLoss: v.number(),
  bestStep: count,
  reference: v.number(),
  waited: count,
  kept: v.exactOptional(v.array(v.object({ step: count, loss: v.number() }))),
});

/** `progress` after a further validation, of which the lowest `keepBest` are kept. */
export function afterValidation(
  progress: ValidationProgress | undefined,
  step: number,
  loss: number,
  {
    minDelta = 0,
    keepBest = 1,
  }: { readonly minDelta?: number | undefined; readonly keepBest?: number | undefined } = {},
): ValidationProgress {
  const kept = keepBest > 1 ? { kept: lowest([...(progress?.kept ?? []), { step, loss }], keepBest) } : {};
  if (!progress) return { lastStep: step, bestLoss: loss, bestStep: step, reference: loss, waited: 0, ...kept };
  const isBest = loss < progress.bestLoss;
  const isImprovement = loss < progress.reference - minDelta;
  return {
    lastStep: step,
    bestLoss: isBest ? loss : progress.bestLoss,
    bestStep: isBest ? step : progress.bestStep,
    reference: isImprovement ? loss : progress.reference,
    waited: isImprovement ? 0 : progress.waited + 1,
    ...kept,
  };
}

/** Among equals the earlier. */
function lowest(validations: readonly KeptValidation[], count: number): readonly KeptValidation[] {
  return validations.toSorted((a, b) => a.loss - b.loss || a.step - b.step).slice(0, count);
}
