import type { FitEvent, FitSummary, StepEvent } from '@unroll/training';

/** The runs of a comparison, by name. */
export type RunsByName = ReadonlyMap<string, (signal: AbortSignal) => AsyncIterable<FitEvent>>;

/** What has happened to one of them. */
export interface NamedEvent {
  readonly name: string;
  readonly event: FitEvent;
}

/**
 * Takes a step of each run in turn, until all have ended, and tells what happens to each. A run that fails ends all. The signal ends all after the
 * same step.
 */
export async function* sideBySide(runs: RunsByName, signal: AbortSignal): AsyncGenerator<NamedEvent, void, undefined> {
  const inTurn = new AbortController();
  const iterators = new Map(Array.from(runs, ([name, start]) => [name, start(inTurn.signal)[Symbol.asyncIterator]()]));
  try {
    while (iterators.size > 0) {
      if (signal.aborted) inTurn.abort(signal.reason);
      for (const [name, iterator] of iterators) {
        let event: FitEvent | undefined;
        while (event?.type !== 'step' && iterators.has(name)) {
          const next = await iterator.next();
          if (next.done === true) {
            iterators.delete(name);
          } else {
            event = next.value;
            yield { name, event };
          }
        }
      }
    }
  } finally {
    for (const iterator of iterators.values()) await iterator.return?.(undefined);
  }
}

/** Steps of several runs as one: it takes the time of all, and has their mean loss. */
export function jointStep(events: readonly StepEvent[]): StepEvent {
  const [first] = events as readonly [StepEvent, ...StepEvent[]];
  const sum = (of: (event: StepEvent) => number): number => events.reduce((total, event) => total + of(event), 0);
  return { ...first, loss: sum(({ loss }) => loss) / events.length, seconds: sum(({ seconds }) => seconds) };
}

/** How several runs ended as one: stopped, if one of them was. */
export function jointEnd(ends: readonly FitSummary[]): FitSummary {
  const step = Math.min(...ends.map((end) => end.step));
  const seconds = Math.max(...ends.map((end) => end.seconds));
  const reason = ends.find((end) => end.reason === 'aborted')?.reason ?? ends[0]?.reason ?? 'steps';
  return { step, reason, seconds };
}
