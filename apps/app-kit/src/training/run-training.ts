import { concludeRun, followRun, limitsOf, reportFor } from '../follow-run.ts';
import type { Given } from '../options/given.ts';
import { count } from '../report/format.ts';
import { Progress } from '../report/progress.ts';
import { type Terminal, writeLine } from '../terminal.ts';
import { resumeCommandOf } from './command-line.ts';
import { lockRun } from './lock-run.ts';
import { type PreparedRun, prepareRun } from './prepare-run.ts';
import { RecordedRun } from './recorded-run.ts';
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
  const prepared = await prepareRun(trainer, given, terminal, (message) => say(message));
  const letGo = await lockRun(prepared);
  try {
    const { values, data, model, plan, budget, folder } = prepared;
    const progress = new Progress(budget, () => plan.unitsPerStep, plan.measure);
    introduce(prepared, progress, terminal);
    const report = reportFor(terminal, progress, plan.lineEvery);
    say = (message) => report.note(message);
    const run = new RecordedRun(trainer, prepared, (message) => say(message));
    const isSaved = (): boolean => run.isSaved;
    const end = await followRun({ terminal, report, folder, isSaved, start: (signal) => run.start(signal) });
    if (end) {
      // "Done" is said when all is there.
      const [written] = await Promise.allSettled([run.writeReport(end, terminal)]);
      const again = resumeCommandOf(terminal.program, data.arguments, folder);
      concludeRun(end, terminal, { progress, folder, again });
      if (written.status === 'rejected') throw written.reason;
      writeLine(terminal.stdout, `The report is ${written.value}, a page for a browser.`);
    }
    return { isInterrupted: end?.reason === 'aborted', values, data, model, budget, folder };
  } finally {
    await letGo();
  }
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
