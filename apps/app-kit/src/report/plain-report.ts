import type { SampleEvent, StepEvent, ValidationEvent } from '@unroll/training';
import { type Output, writeLine } from '../terminal.ts';
import { count, duration } from './format.ts';
import type { Progress } from './progress.ts';
import type { Report } from './report.ts';

/** For files and pipes: plain lines, a few a minute, and nothing that moves a cursor. */
export class PlainReport implements Report {
  readonly #output: Output;
  readonly #progress: Progress;
  readonly #every: number;

  /** @param every steps between lines */
  constructor(output: Output, progress: Progress, every: number) {
    this.#output = output;
    this.#progress = progress;
    this.#every = every;
  }

  step(event: StepEvent): void {
    this.#progress.takeStep(event);
    if (event.step % this.#every !== 0) return;
    const { loss = NaN, unitsPerSecond, secondsLeft = NaN, measure } = this.#progress;
    this.note(
      `step ${count(event.step)}: loss ${loss.toFixed(3)}, ${count(unitsPerSecond)} ${measure.unit}/s, ${duration(secondsLeft)} left`,
    );
  }

  validation({ step, loss, best }: ValidationEvent): void {
    this.note(
      `step ${count(step)}: validation ${this.#progress.measure.describe(loss)}${best ? ', the best so far' : ''}`,
    );
  }

  sample({ step, text }: SampleEvent): void {
    const lines = text.split('\n').map((line) => `  | ${line}`.trimEnd());
    this.note([`step ${count(step)}: a sample`, ...lines].join('\n'));
  }

  note(text: string): void {
    writeLine(this.#output, text);
  }

  stop(): void {}
}
