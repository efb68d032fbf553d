import type { SampleEvent, StepEvent, ValidationEvent } from '@unroll/training';

/** Shows a training run to people. */
export interface Report {
  step(event: StepEvent): void;
  validation(event: ValidationEvent): void;
  sample(event: SampleEvent): void;
  /** A line of its own. */
  note(text: string): void;
  /** Leaves the terminal as it was found. May be called twice. */
  stop(): void;
}
