import cliProgress from 'cli-progress';
import type { SampleEvent, StepEvent, ValidationEvent } from '@unroll/training';
import { type Style, styleFor, wrap } from '../style.ts';
import type { Output } from '../terminal.ts';
import { count, duration } from './format.ts';
import type { Progress } from './progress.ts';
import type { Report } from './report.ts';
import { sparkline } from './sparkline.ts';

/** Two lines that stay at the bottom of a terminal, numbers and a bar; what is said goes above them. */
export class TerminalReport implements Report {
  readonly #output: Output;
  readonly #progress: Progress;
  readonly #style: Style;
  readonly #bars: cliProgress.MultiBar;
  #isStopped = false;

  constructor(output: Output, progress: Progress) {
    this.#output = output;
    this.#progress = progress;
    this.#style = styleFor(output);
    this.#bars = new cliProgress.MultiBar({
      stream: output,
      fps: 8,
      hideCursor: true,
      clearOnComplete: true,
      // Two lines that are too long for a narrow terminal would become four, and the cursor would get lost.
      linewrap: false,
      gracefulExit: false,
      forceRedraw: true,
    });
    for (const line of [() => this.#numbers(), () => this.#bar()]) {
      this.#bars.create(1, 0, {}, { format: () => line() });
    }
  }

  step(event: StepEvent): void {
    this.#progress.takeStep(event);
  }

  validation({ step, loss, best }: ValidationEvent): void {
    this.#progress.validation = loss;
    const note = best ? this.#style.dim('  best so far') : '';
    this.#say([`${this.#heading(step)}  validation ${this.#progress.measure.describe(loss)}${note}`]);
  }

  sample({ step, text }: SampleEvent): void {
    const lines = wrap(text.trim().replaceAll(/\n{2,}/g, '\n'), Math.min(this.#width - 4, 96));
    this.#say([
      `${this.#heading(step)}  it writes`,
      ...lines.map((line) => `  ${this.#style.accent('│')} ${line}`),
      '',
    ]);
  }

  note(text: string): void {
    this.#say(wrap(text, this.#width));
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    // Writes what was said since the last frame, and draws once more what it then takes away.
    this.#bars.update();
    this.#bars.stop();
  }

  /** Columns that may be used: a full line would make some terminals wrap. A terminal without a size says 0. */
  get #width(): number {
    return (this.#output.columns || 80) - 1;
  }

  #heading(step: number): string {
    return this.#style.dim(`step ${count(step)}`);
  }

  #say(lines: readonly string[]): void {
    // The bars may have been longer than the lines that take their place.
    this.#bars.log(lines.map((line) => `${line}\u001B[K\n`).join(''));
  }

  #numbers(): string {
    const { loss, validation, unitsPerSecond, history, measure } = this.#progress;
    if (loss === undefined) return this.#style.dim(' the first step …');
    const [start, end] = [` loss ${loss.toFixed(3)} `, `  ${count(unitsPerSecond)} ${measure.unit}/s`];
    const middle = validation === undefined ? '' : `  validation ${measure.brief(validation)}`;
    const room = this.#width - start.length - middle.length - end.length;
    const spark = sparkline(history.means(Math.max(0, Math.min(room, 40))));
    return start + this.#style.accent(spark) + middle + this.#style.dim(end);
  }

  #bar(): string {
    const { step, fraction, secondsLeft, budget } = this.#progress;
    const percent = ` ${String(Math.floor(fraction * 100)).padStart(3)} % `;
    const steps = `  step ${count(step)}${budget.steps === undefined ? '' : ` of ${count(budget.steps)}`}`;
    const left = secondsLeft === undefined ? '' : `  ${duration(secondsLeft)} left`;
    const length = Math.max(0, Math.min(60, this.#width - percent.length - steps.length - left.length));
    const done = Math.round(length * fraction);
    return percent + this.#style.accent('━'.repeat(done)) + this.#style.dim('─'.repeat(length - done)) + steps + left;
  }
}
