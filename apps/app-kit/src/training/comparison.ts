import type { FitEvent, FitSummary, StepEvent, ValidationEvent } from '@unroll/training';
import { modelSize } from '../model-size.ts';
import type { Report } from '../report/report.ts';
import type { RecordedRun } from './recorded-run.ts';
import { type RunsByName, jointEnd, jointStep, sideBySide } from './side-by-side.ts';
import type { RunData, RunValues } from './trainer.ts';

/** What one of the compared runs came to, in numbers. */
export interface ComparedResult {
  readonly name: string;
  readonly parameters: number;
  readonly steps: number;
  /** The lowest validation loss; undefined where there was no validation. */
  readonly best: number | undefined;
  /** The mean over the last stretch of steps. */
  readonly trainingLoss: number | undefined;
  /** Of its own steps. */
  readonly seconds: number;
  readonly unitsPerSecond: number;
}

/** A run whose clock stands still while others take their steps. */
async function* inTurn<Values extends RunValues, Data extends RunData, Model extends object>(
  run: RecordedRun<Values, Data, Model>,
  signal: AbortSignal,
): AsyncGenerator<FitEvent, void, undefined> {
  const { budget } = run.prepared;
  for await (const event of run.start(signal)) {
    budget.pause();
    yield event;
    if (event.type !== 'done') budget.start();
  }
}

/** Runs that take their steps in turn, as one run that can be shown and stopped. */
export class Comparison<Values extends RunValues, Data extends RunData, Model extends object> {
  readonly runs: ReadonlyMap<string, RecordedRun<Values, Data, Model>>;
  /** How each ended. */
  readonly ends: ReadonlyMap<string, FitSummary>;
  readonly #ends = new Map<string, FitSummary>();
  readonly #seconds = new Map<string, number>();
  readonly #steps = new Map<string, number>();

  constructor(runs: ReadonlyMap<string, RecordedRun<Values, Data, Model>>) {
    this.runs = runs;
    this.ends = this.#ends;
  }

  /** Trains all; `report` is told of their validations together. */
  async *start(signal: AbortSignal, report: Report): AsyncGenerator<FitEvent, void, undefined> {
    const starts: RunsByName = new Map(Array.from(this.runs, ([name, run]) => [name, (end) => inTurn(run, end)]));
    const steps = new Map<string, StepEvent>();
    const validations = new Map<string, ValidationEvent>();
    for await (const { name, event } of sideBySide(starts, signal)) {
      if (event.type === 'step') {
        this.#seconds.set(name, (this.#seconds.get(name) ?? 0) + event.seconds);
        this.#steps.set(name, (this.#steps.get(name) ?? 0) + 1);
        steps.set(name, event);
      } else if (event.type === 'validation') {
        validations.set(name, event);
        const others = [...this.runs.keys()].filter((each) => (this.#ends.get(each)?.step ?? Infinity) >= event.step);
        if (others.every((each) => validations.has(each))) this.#tell(validations, report);
      } else if (event.type === 'done') {
        this.#ends.set(name, event);
      } else {
        yield event.type === 'sample' ? { ...event, text: `${name}: ${event.text}` } : event;
      }
      const going = [...this.runs.keys()].filter((each) => !this.#ends.has(each));
      if (going.length === 0 || !going.every((each) => steps.has(each))) continue;
      // Whoever ends by its own clock is validated when others are not.
      this.#tell(validations, report);
      yield jointStep([...steps.values()]);
      steps.clear();
    }
    this.#tell(validations, report);
    yield { type: 'done', ...jointEnd([...this.#ends.values()]) };
  }

  /** How many have not ended. */
  get going(): number {
    return this.runs.size - this.#ends.size;
  }

  results(): readonly ComparedResult[] {
    return Array.from(this.runs, ([name, { prepared, record }]) => {
      const seconds = this.#seconds.get(name) ?? 0;
      return {
        name,
        parameters: modelSize(prepared.model),
        steps: this.#steps.get(name) ?? 0,
        best: this.#ends.get(name)?.best?.loss,
        trainingLoss: record.losses.points.at(-1)?.[1],
        seconds,
        unitsPerSecond: ((this.#steps.get(name) ?? 0) * prepared.plan.unitsPerStep) / seconds,
      };
    });
  }

  /** Tells of the validations after a step, and forgets them. */
  #tell(validations: Map<string, ValidationEvent>, report: Report): void {
    const [first] = validations.values();
    if (!first) return;
    const parts = Array.from(validations, ([name, { loss }]) => {
      return `${name} ${this.runs.get(name)!.prepared.plan.measure.brief(loss)}`;
    });
    report.note(`step ${first.step.toLocaleString('en')}: validation ${parts.join(', ')}`);
    validations.clear();
  }
}
