import { writeFileAtomic } from '@unroll/io/node';
import type { FitEvent, FitSummary } from '@unroll/training';
import { join } from 'node:path';
import { modelSize } from '../model-size.ts';
import { REPORT_FILE, outputStore } from '../output-folder.ts';
import { RunRecord } from '../page/run-record.ts';
import { runReport } from '../page/run-report.ts';
import { runMetadata } from '../run-metadata.ts';
import type { Terminal } from '../terminal.ts';
import { commandOf } from './command-line.ts';
import type { PreparedRun } from './prepare-run.ts';
import type { RunData, RunValues, Trainer } from './trainer.ts';

/** A run that is saved, and remembered for its report. */
export class RecordedRun<Values extends RunValues, Data extends RunData, Model extends object> {
  readonly prepared: PreparedRun<Values, Data, Model>;
  readonly record: RunRecord;
  readonly #trainer: Trainer<Values, Data, Model>;

  constructor(trainer: Trainer<Values, Data, Model>, prepared: PreparedRun<Values, Data, Model>) {
    this.#trainer = trainer;
    this.prepared = prepared;
    this.record = new RunRecord(prepared.saved?.run.record);
  }

  /** Trains. The signal ends it after the step, saved. */
  async *start(signal: AbortSignal): AsyncGenerator<FitEvent, void, undefined> {
    const { plan, model, data, options, folder, budget, rng, saved } = this.prepared;
    const { format } = this.#trainer;
    const resume = saved?.checkpoint;
    const about = { model, format, text: data.identity, options };
    const metadata = runMetadata({ ...about, seconds: () => budget.elapsed, record: () => this.record.toJSON() });
    const store = outputStore(folder, { model, format, hasBest: resume?.validation !== undefined, about });
    const checkpoints = { every: plan.checkpointEvery, store, metadata };
    budget.start();
    for await (const event of plan.train({ rng, checkpoints, resume, signal })) {
      this.record.take(event);
      yield event;
    }
  }

  /** Writes the report beside the model; its file. */
  async writeReport(end: FitSummary, { program, version }: Pick<Terminal, 'program' | 'version'>): Promise<string> {
    const { plan, model, data, options, folder, backend, budget } = this.prepared;
    const { format, kinds } = this.#trainer;
    const page = runReport({
      kind: format.kind,
      program: `@unroll/${format.kind} ${version}`,
      data: data.identity,
      settings: options,
      command: commandOf({ program, data: data.arguments, options, kinds }),
      record: this.record,
      measure: plan.measure,
      parameters: modelSize(model),
      backend,
      end,
      seconds: budget.elapsed,
      pictures: (await plan.pictures?.()) ?? [],
    });
    const file = join(folder, REPORT_FILE);
    await writeFileAtomic(file, new TextEncoder().encode(page));
    return file;
  }
}
