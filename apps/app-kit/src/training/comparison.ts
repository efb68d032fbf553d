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
    let steps: StepEvent[] = [];
    const validations = new Map<string, ValidationEvent>();
    for await (const { name, event } of sideBySide(starts, signal)) {
      if (event.type === 'step') {
        this.#seconds.set(name, (this.#seconds.get(name) ?? 0) + event.seconds);
        this.#steps.set(name, (this.#steps.get(name) ?? 0) + 1);
        steps.push(event);
        if (steps.length < this.runs.size) continue;
        yield jointStep(steps);
        steps = [];
      } else if (event.type === 'validation') {
        validations.set(name, event);
        if (validations.size < this.runs.size) continue;
        report.note(this.#together(validations));
        validations.clear();
      } else if (event.type === 'done') {
        this.#ends.set(name, event);
      } else {
        yield event.type === 'sample' ? { ...event, text: `${name}: ${event.text}` } : event;
      }
    }
    yield { type: 'done', ...jointEnd([...this.#ends.values()]) };
  }

  results(): readonly ComparedResult[] {
    return Array.from(this.runs, ([name, { prepared, record }]) => {
      const seconds = this.#seconds.get(name) ?? 0;
      return {
        name,
        parameters: modelSize(prepared.model),
        best: this.#ends.get(name)?.best?.loss,
        trainingLoss: record.losses.points.at(-1)?.[1],
        seconds,
        unitsPerSecond: ((this.#steps.get(name) ?? 0) * prepared.plan.unitsPerStep) / seconds,
      };
    });
  }

  #together(validations: ReadonlyMap<string, ValidationEvent>): string {
    const parts = Array.from(validations, ([name, { loss }]) => {
      return `${name} ${this.runs.get(name)!.prepared.plan.measure.brief(loss)}`;
    });
    const [{ step }] = [...validations.values()] as [ValidationEvent];
    return `step ${step.toLocaleString('en')}: validation ${parts.join(', ')}`;
  }
}
