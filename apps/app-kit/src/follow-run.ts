import type { FitEvent, FitSummary } from '@unroll/training';
import { OutputError, systemReason } from './files/output-error.ts';
import { count, duration } from './report/format.ts';
import { PlainReport } from './report/plain-report.ts';
import type { Progress } from './report/progress.ts';
import type { Report } from './report/report.ts';
import { TerminalReport } from './report/terminal-report.ts';
import { type Terminal, quote, writeLine } from './terminal.ts';

/** On a terminal lines that move, else a line every `every` steps. */
export function reportFor({ stdout }: Terminal, progress: Progress, every: number): Report {
  return stdout.isTTY ? new TerminalReport(stdout, progress) : new PlainReport(stdout, progress, every);
}

export interface FollowOptions {
  readonly terminal: Terminal;
  readonly report: Report;
  /** Where the run is saved. */
  readonly folder: string;
  /** Where each of several runs is saved. Default: there is one, in `folder`. */
  readonly folders?: readonly string[];
  /** Whether there is something of it in the folder. */
  readonly isSaved: () => boolean;
  /** Begins it; the signal ends it. */
  readonly start: (signal: AbortSignal) => AsyncIterable<FitEvent>;
}

/** Shows a run until its end. Ctrl-C ends it, saved; a second one leaves at once. So does it end, saved, when nobody reads what it shows. */
export async function followRun({
  terminal,
  report,
  folder,
  folders = [folder],
  isSaved,
  start,
}: FollowOptions): Promise<FitSummary | undefined> {
  const abort = new AbortController();
  let isInterrupted = false;
  const release = terminal.onInterrupt(() => {
    if (isInterrupted) {
      report.stop();
      terminal.exit(130);
    }
    isInterrupted = true;
    // Nobody is there to be told, and this is no second Ctrl-C: it may have ended the reader of the output first.
    if (abort.signal.aborted) return;
    abort.abort();
    report.note('Finishing this step and saving. Ctrl-C again leaves at once.');
  });
  let isUnread = false;
  const releaseOutput = terminal.onOutputClosed(() => {
    isUnread = true;
    if (abort.signal.aborted) return;
    abort.abort();
    const again = `Go on with ${folders.map((each) => `--resume ${quote(each)}`).join(' or ')}.`;
    writeLine(terminal.stderr, `Nobody reads the output any more: finishing this step and saving. ${again}`);
  });
  let isUnwritten = false;
  const releaseFailure = terminal.onOutputFailed((error) => {
    if (isUnwritten) return;
    isUnwritten = true;
    const goesOn = abort.signal.aborted ? '' : ' The run goes on.';
    writeLine(terminal.stderr, `The output can't be written: ${systemReason(error)}.${goesOn}`);
  });
  let end: FitSummary | undefined;
  try {
    for await (const event of start(abort.signal)) {
      show(event, report);
      if (event.type === 'done') end = event;
    }
    report.stop();
    return end;
  } catch (error) {
    report.stop();
    // Of files that can't be written the error itself tells what there is.
    if (isSaved() && !(error instanceof OutputError))
      writeLine(terminal.stderr, `The run up to its last checkpoint is kept in ${folder}.`);
    throw error;
  } finally {
    release();
    // Else the program would end at its next word, before the report is written. What ends a run may close its output too, which is known only
    // after that: a terminal that is closed, a Ctrl-C that ends both sides of a pipe.
    if (!isUnread && !abort.signal.aborted) releaseOutput();
    if (!isUnwritten && !abort.signal.aborted) releaseFailure();
  }
}

/** Tells how a run ended; `again` is the command that goes on with one that was stopped. */
export function concludeRun(
  { step, reason, best }: FitSummary,
  { stdout }: Terminal,
  { progress, folder, again }: { readonly progress: Progress; readonly folder: string; readonly again: string },
): void {
  const where = `step ${count(step)}, ${duration(progress.budget.elapsed)}`;
  if (reason === 'aborted') {
    writeLine(stdout, `Stopped at ${where}. All is saved in ${folder}. Go on with:`);
    writeLine(stdout, `  ${again}`);
    return;
  }
  const loss = progress.loss === undefined ? '' : `, loss ${progress.loss.toFixed(3)}`;
  writeLine(stdout, `Done at ${where}${loss}.`);
  if (best) {
    writeLine(stdout, `Best validation: ${progress.measure.describe(best.loss)}, at step ${count(best.step)}.`);
  }
}

/** What ends a run, for people: `3,000 steps or 5 min`. */
export function limitsOf({ budget }: Progress): string {
  return [
    ...(budget.steps === undefined ? [] : [`${count(budget.steps)} steps`]),
    ...(budget.seconds === undefined ? [] : [`${Number((budget.seconds / 60).toFixed(2))} min`]),
  ].join(' or ');
}

function show(event: FitEvent, report: Report): void {
  if (event.type === 'step') report.step(event);
  if (event.type === 'validation') report.validation(event);
  if (event.type === 'sample') report.sample(event);
}
