import { curvesSvg, curvesText } from '@unroll/inspect';
import { terminal as terminalOf } from '@unroll/inspect/node';
import type { FitSummary } from '@unroll/training';
import { join } from 'node:path';
import { writeReport } from '../files/write-report.ts';
import { lockFolder } from '../folder-lock.ts';
import { followRun, limitsOf, reportFor } from '../follow-run.ts';
import { type Given, givenBy } from '../options/given.ts';
import { readOptions } from '../options/read.ts';
import { CURVES_FILE, REPORT_FILE, checkWritable } from '../output-folder.ts';
import { comparedCurves, comparisonHeader, comparisonReport, comparisonRows } from '../page/comparison-report.ts';
import { count } from '../report/format.ts';
import { Progress } from '../report/progress.ts';
import { checkFree } from '../saved-run.ts';
import { type Terminal, writeLine } from '../terminal.ts';
import { commandOf, resumeCommandOf } from './command-line.ts';
import { Comparison } from './comparison.ts';
import { JointBudget } from './joint-budget.ts';
import { lockRun } from './lock-run.ts';
import { type PreparedRun, prepareRun } from './prepare-run.ts';
import { RecordedRun } from './recorded-run.ts';
import type { RunData, RunValues, Trainer } from './trainer.ts';

export interface CompareRunsOptions<Values extends RunValues, Data extends RunData, Model extends object> {
  readonly trainer: Trainer<Values, Data, Model>;
  /** The options of each run, by a name that becomes its folder. */
  readonly runs: ReadonlyMap<string, Given>;
  /** The option in which they differ. */
  readonly differIn: string;
  /** The option that asks for the comparison, as it was given. */
  readonly asked: readonly [name: string, value: string];
  /** Where the report goes; each run has a folder of its own in it. */
  readonly folder: string;
  readonly terminal: Terminal;
}

/**
 * Trains several models side by side, a step of each in turn: the same data in the same batches. Draws their curves, and leaves each as a run
 * of its own would. Whether the user stopped it.
 * @throws UsageError if an option or a file is wrong
 */
export async function compareRuns<Values extends RunValues, Data extends RunData, Model extends object>(
  options: CompareRunsOptions<Values, Data, Model>,
): Promise<boolean> {
  const { trainer, runs, folder, terminal } = options;
  const { stdout } = terminal;
  let say = (message: string): void => writeLine(stdout, message);
  await checkWritable(folder);
  // As long as it goes on, and not over what is there: a run of its own in the folder would lose its report.
  const letGo = [await lockFolder(folder)];
  try {
    for (const given of runs.values()) await checkFree(folder, readOptions(trainer.options, given).overwrite);
    const prepared = new Map<string, PreparedRun<Values, Data, Model>>();
    for (const [name, given] of runs) {
      const own = { ...given, ...givenBy({ out: join(folder, name) }) };
      prepared.set(name, await prepareRun(trainer, own, terminal, (message) => say(message)));
    }
    for (const each of prepared.values()) letGo.push(await lockRun(each));
    return await comparePrepared(prepared, options, (told) => (say = told));
  } finally {
    for (const release of letGo) await release();
  }
}

async function comparePrepared<Values extends RunValues, Data extends RunData, Model extends object>(
  prepared: ReadonlyMap<string, PreparedRun<Values, Data, Model>>,
  options: CompareRunsOptions<Values, Data, Model>,
  sayTo: (say: (message: string) => void) => void,
): Promise<boolean> {
  const { trainer, folder, terminal } = options;
  const { stdout } = terminal;
  const [first] = [...prepared.values()] as [PreparedRun<Values, Data, Model>];
  const { plan } = first;
  const comparison = new Comparison(
    new Map(
      Array.from(prepared, ([name, each]) => [name, new RecordedRun(trainer, each, (message) => report.note(message))]),
    ),
  );
  const budget = new JointBudget(Array.from(prepared.values(), (each) => each.budget));
  const progress = new Progress(budget, () => plan.unitsPerStep * Math.max(1, comparison.going), plan.measure);
  introduce([...prepared.values()], progress, terminal);
  const report = reportFor(terminal, progress, plan.lineEvery);
  sayTo((message) => report.note(message));
  const end = await followRun({
    terminal,
    report,
    folder,
    folders: Array.from(prepared.values(), (each) => each.folder),
    isSaved: () => [...comparison.runs.values()].some((run) => run.isSaved),
    start: (signal) => comparison.start(signal, report),
  });
  if (!end) return false;
  // What tells that all is done is said when all is there.
  const [written] = await Promise.allSettled([writeReports(comparison, end, first, options)]);
  conclude(comparison, terminal);
  if (written.status === 'fulfilled') {
    writeLine(stdout, `The report is ${join(folder, REPORT_FILE)}, a page for a browser; the models are in ${folder}.`);
  }
  if (end.reason === 'aborted') {
    writeLine(stdout, `Stopped at step ${count(end.step)}. Go on with one of them:`);
    for (const { folder: own, data } of prepared.values()) {
      writeLine(stdout, `  ${resumeCommandOf(terminal.program, data.arguments, own)}`);
    }
  }
  if (written.status === 'rejected') throw written.reason;
  return end.reason === 'aborted';
}

/** @throws OutputError for the first that can't be written */
async function writeReports<Values extends RunValues, Data extends RunData, Model extends object>(
  comparison: Comparison<Values, Data, Model>,
  end: FitSummary,
  first: PreparedRun<Values, Data, Model>,
  options: CompareRunsOptions<Values, Data, Model>,
): Promise<void> {
  const { folder, terminal } = options;
  for (const [name, run] of comparison.runs) await run.writeReport(comparison.ends.get(name) ?? end, terminal);
  const kept = `The models are in ${folder}.`;
  const curves = { ...comparedCurves(recordsOf(comparison), first.plan.measure), xTitle: 'step' };
  await writeReport(join(folder, CURVES_FILE), curvesSvg(curves), kept);
  await writeReport(join(folder, REPORT_FILE), pageOf(comparison, first, options), kept);
}

function introduce<Values extends RunValues, Data, Model>(
  all: readonly PreparedRun<Values, Data, Model>[],
  progress: Progress,
  { stdout }: Terminal,
): void {
  const [{ plan, backend }] = all as readonly [PreparedRun<Values, Data, Model>];
  const others = all.flatMap((each) =>
    each.plan.about.filter(([, text]) => !plan.about.some((line) => line[1] === text)),
  );
  const about = `${limitsOf(progress)} each, ${plan.aboutSteps}`;
  const lines = [...plan.about, ...others, ['Run', about] as const, ['', `on ${backend}`] as const];
  for (const [title, text] of lines) writeLine(stdout, `${title.padEnd(6)} ${text}`);
  writeLine(stdout);
}

function conclude<Values extends RunValues, Data extends RunData, Model extends object>(
  comparison: Comparison<Values, Data, Model>,
  { stdout }: Terminal,
): void {
  const [run] = [...comparison.runs.values()] as [RecordedRun<Values, Data, Model>];
  const { measure } = run.prepared.plan;
  const figure = comparedCurves(recordsOf(comparison), measure);
  const { columns, colorDepth } = terminalOf(stdout);
  writeLine(stdout);
  const drawing = { ...figure, title: `${figure.title}, ${figure.yTitle}`, xTitle: 'step' };
  writeLine(stdout, curvesText({ ...drawing, columns: Math.min(columns, 100), colorDepth }));
  const rows = [comparisonHeader(measure), ...comparisonRows(comparison.results(), measure)];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
    writeLine(stdout, cells.join('   ').trimEnd());
  }
  writeLine(stdout);
}

function pageOf<Values extends RunValues, Data extends RunData, Model extends object>(
  comparison: Comparison<Values, Data, Model>,
  { plan, data, options: settings, backend }: PreparedRun<Values, Data, Model>,
  { trainer, differIn, asked, folder, terminal }: CompareRunsOptions<Values, Data, Model>,
): string {
  const { [differIn]: _, ...alike } = settings;
  const [name, value] = asked;
  const command = commandOf({
    program: terminal.program,
    data: data.arguments,
    options: { ...alike, [name]: value, out: folder },
    kinds: trainer.kinds,
  });
  return comparisonReport({
    kind: trainer.format.kind,
    program: `@unroll/${trainer.format.kind} ${terminal.version}`,
    data: data.identity,
    settings: alike,
    command,
    records: recordsOf(comparison),
    results: comparison.results(),
    measure: plan.measure,
    backend,
  });
}

function recordsOf<Values extends RunValues, Data extends RunData, Model extends object>({
  runs,
}: Comparison<Values, Data, Model>): ReadonlyMap<string, RecordedRun<Values, Data, Model>['record']> {
  return new Map(Array.from(runs, ([name, { record }]) => [name, record]));
}
