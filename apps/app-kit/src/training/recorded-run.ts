import type { Checkpoint, FitEvent, FitSummary } from '@unroll/training';
import { join, resolve } from 'node:path';
import { OutputError } from '../files/output-error.ts';
import { RunFiles } from '../files/run-files.ts';
import { writeReport } from '../files/write-report.ts';
import { modelSize } from '../model-size.ts';
import { MODEL_FILE, REPORT_FILE, RUN_FILE, outputStore } from '../output-folder.ts';
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
  readonly #files: RunFiles;
  readonly #say: (message: string) => void;

  /** @param say is told of files that can't be written */
  constructor(
    trainer: Trainer<Values, Data, Model>,
    prepared: PreparedRun<Values, Data, Model>,
    say: (message: string) => void,
  ) {
    this.#trainer = trainer;
    this.prepared = prepared;
    this.#say = say;
    const { folder, saved } = prepared;
    this.record = new RunRecord(saved?.run.record);
    const isThere = saved !== undefined && resolve(saved.folder) === resolve(folder);
    this.#files = new RunFiles({ folder, say, ...(isThere && { saved: filesOf(saved.checkpoint) }) });
  }

  /** Whether the folder holds anything of it. */
  get isSaved(): boolean {
    return this.#files.isSaved;
  }

  /** Trains. The signal ends it after the step, saved. */
  async *start(signal: AbortSignal): AsyncGenerator<FitEvent, void, undefined> {
    const { plan, model, data, options, folder, budget, rng, saved } = this.prepared;
    const { format } = this.#trainer;
    const resume = saved?.checkpoint;
    const about = { model, format, text: data.identity, options };
    const metadata = runMetadata({ ...about, seconds: () => budget.elapsed, record: () => this.record.toJSON() });
    let step = resume?.step ?? 0;
    const hasBest = resume?.validation !== undefined;
    const store = outputStore(folder, { files: this.#files, model, format, hasBest, step: () => step, about });
    const checkpoints = { every: plan.checkpointEvery, store, metadata };
    budget.start();
    try {
      for await (const event of plan.train({ rng, checkpoints, resume, signal })) {
        this.record.take(event);
        step = event.step;
        if (event.type === 'done') await this.#files.finish(signal);
        yield event;
      }
    } catch (error) {
      // Of what ends a run, a full disk is the lesser part: what it could not save before is still worth saving.
      if (!(error instanceof OutputError))
        await this.#files.finish(signal).catch(({ message }: Error) => this.#say(message));
      throw error;
    }
  }

  /**
   * Writes the report beside the model; its file.
   * @throws OutputError if it can't be written
   */
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
    await writeReport(file, page, `The run and its model are saved in ${folder}.`);
    return file;
  }
}

/** The steps of what a folder holds of a run. */
function filesOf({ step, validation }: Checkpoint): ReadonlyMap<string, number> {
  return new Map([
    [RUN_FILE, step],
    [MODEL_FILE, validation?.bestStep ?? step],
  ]);
}
