import { writeFileAtomic } from '@unroll/io/node';
import type { FitEvent, FitSummary } from '@unroll/training';
import { join } from 'node:path';
import { concludeRun, followRun, limitsOf, reportFor } from '../follow-run.ts';
import { modelSize } from '../model-size.ts';
import type { Given } from '../options/read.ts';
import { REPORT_FILE, outputStore } from '../output-folder.ts';
import { runReport } from '../page/run-report.ts';
import { RunRecord } from '../page/run-record.ts';
import { count } from '../report/format.ts';
import { Progress } from '../report/progress.ts';
import { runMetadata } from '../run-metadata.ts';
import { type Terminal, quote, writeLine } from '../terminal.ts';
import { commandOf } from './command-line.ts';
import { type PreparedRun, prepareRun } from './prepare-run.ts';
import type { Run, RunData, RunValues, Trainer } from './trainer.ts';

/** What a training run came to. */
export interface TrainingOutcome<Values, Data, Model> extends Run<Values, Data, Model> {
  /** Whether the user stopped it. */
  readonly isInterrupted: boolean;
  readonly folder: string;
}

/**
 * Trains as the options say, tells about it, and leaves model, run and report in a folder. Ctrl-C ends it early, saved, with a report too.
 * @throws UsageError if an option or a file is wrong
 */
export async function runTraining<Values extends RunValues, Data extends RunData, Model extends object>(
  trainer: Trainer<Values, Data, Model>,
  given: Given,
  terminal: Terminal,
): Promise<TrainingOutcome<Values, Data, Model>> {
  let say = (message: string): void => writeLine(terminal.stdout, message);
  const prepared = await prepareRun(trainer, given, (message) => say(message));
  const { values, data, model, plan, budget, folder, saved } = prepared;
  const progress = new Progress(budget, plan.unitsPerStep, plan.measure);
  introduce(prepared, progress, terminal);
  const report = reportFor(terminal, progress, plan.lineEvery);
  say = (message) => report.note(message);
  const record = new RunRecord(saved?.run.record);
  const isSaved = saved !== undefined;
  const end = await followRun({
    terminal,
    report,
    folder,
    isSaved,
    start: (signal) => recorded(trainer, prepared, record, signal),
  });
  const again = [terminal.program, 'train', ...data.arguments, '--resume', quote(folder)].join(' ');
  if (end) {
    concludeRun(end, terminal, { progress, folder, again });
    const file = join(folder, REPORT_FILE);
    await writeFileAtomic(file, new TextEncoder().encode(await pageOf(trainer, prepared, { record, end, terminal })));
    writeLine(terminal.stdout, `The report is ${file}, a page for a browser.`);
  }
  return { isInterrupted: end?.reason === 'aborted', values, data, model, budget, folder };
}

async function* recorded<Values extends RunValues, Data extends RunData, Model extends object>(
  { format }: Trainer<Values, Data, Model>,
  { plan, model, data, options, folder, budget, rng, saved }: PreparedRun<Values, Data, Model>,
  record: RunRecord,
  signal: AbortSignal,
): AsyncGenerator<FitEvent, void, undefined> {
  const resume = saved?.checkpoint;
  const seconds = (): number => budget.elapsed;
  const about = { model, format, text: data.identity, options, seconds, record: () => record.toJSON() };
  const metadata = runMetadata(about);
  const store = outputStore(folder, { model, format, hasBest: resume?.validation !== undefined, about });
  const checkpoints = { every: plan.checkpointEvery, store, metadata };
  budget.start();
  for await (const event of plan.train({ rng, checkpoints, resume, signal })) {
    record.take(event);
    yield event;
  }
}

async function pageOf<Values extends RunValues, Data extends RunData, Model extends object>(
  { format, kinds }: Trainer<Values, Data, Model>,
  { plan, model, data, options, backend, budget }: PreparedRun<Values, Data, Model>,
  { record, end, terminal }: { readonly record: RunRecord; readonly end: FitSummary; readonly terminal: Terminal },
): Promise<string> {
  return runReport({
    kind: format.kind,
    program: `@unroll/${format.kind} ${terminal.version}`,
    data: data.identity,
    settings: options,
    command: commandOf({ program: terminal.program, data: data.arguments, options, kinds }),
    record,
    measure: plan.measure,
    parameters: modelSize(model),
    backend,
    end,
    seconds: budget.elapsed,
    pictures: (await plan.pictures?.()) ?? [],
  });
}

function introduce<Values extends RunValues, Data, Model>(
  { plan, backend, saved }: PreparedRun<Values, Data, Model>,
  progress: Progress,
  { stdout }: Terminal,
): void {
  const lines = [
    ...plan.about,
    ['Run', `${limitsOf(progress)}, ${plan.aboutSteps}`] as const,
    ['', `on ${backend}`] as const,
    ...(saved ? [['', `goes on after step ${count(saved.checkpoint.step)}`] as const] : []),
  ];
  for (const [title, text] of lines) writeLine(stdout, `${title.padEnd(6)} ${text}`);
  writeLine(stdout);
}
