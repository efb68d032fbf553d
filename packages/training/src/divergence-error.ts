import { type ErrorCode, UnrollError } from '@unroll/backend';

/** What went wrong in which step. */
export interface Divergence {
  readonly code: ErrorCode;
  /** The step that was not taken. */
  readonly step: number;
  /** The parameter concerned, if it is known. */
  readonly parameter?: string | undefined;
  /** In words. */
  readonly what: string;
  /** What to try, a sentence each. */
  readonly remedies: readonly string[];
}

/**
 * A run that can't go on: NON_FINITE where a number is not finite, DIVERGED where a `guard` stopped it. The model and the checkpoints are
 * as the last good step left them.
 */
export class DivergenceError extends UnrollError {
  /** The step that was not taken. */
  readonly step: number;
  /** The first parameter that is not finite, or whose gradient is not; or that with the largest gradient. */
  readonly parameter: string | undefined;
  /** What to try, a sentence each. */
  readonly remedies: readonly string[];

  constructor({ code, step, parameter, what, remedies }: Divergence) {
    super(
      code,
      `fit: step ${step} was not taken: ${what}. The model is as step ${step - 1} left it. ${remedies.join(' ')}`,
    );
    this.step = step;
    this.parameter = parameter;
    this.remedies = remedies;
  }
}
