import type { FitEvent, FitSummary } from '../events.ts';

/** Somewhere that a run is written down. */
export interface EventLog {
  /** Writes an event down. Called in the order of the events, and not again before the promise, if it gives one, is settled. */
  log(event: FitEvent): void | Promise<void>;
  /** Called once, when the run has ended, however it did. */
  close?(): void | Promise<void>;
}

/**
 * The events of a run, each written to the logs before it is passed on:
 *
 *     for await (const event of logged(fit(options), jsonLinesFile('run.jsonl'))) …
 */
export async function* logged(
  run: AsyncGenerator<FitEvent, FitSummary, undefined>,
  ...logs: readonly EventLog[]
): AsyncGenerator<FitEvent, FitSummary, undefined> {
  try {
    for (;;) {
      const result = await run.next();
      if (result.done) return result.value;
      for (const log of logs) await log.log(result.value);
      yield result.value;
    }
  } finally {
    // A caller that breaks out of its loop ends the run too.
    await run.return({ step: 0, reason: 'aborted', seconds: 0 });
    for (const log of logs) await log.close?.();
  }
}
