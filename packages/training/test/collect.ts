import type { FitEvent, FitSummary, StepEvent } from '../src/index.ts';

/** All events of a run. */
export async function collect(run: AsyncGenerator<FitEvent, FitSummary, undefined>): Promise<readonly FitEvent[]> {
  const events: FitEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

/** Those of them that are steps. */
export function stepsOf(events: readonly FitEvent[]): readonly StepEvent[] {
  return events.filter((event) => event.type === 'step');
}
