import type { FitEvent } from '../events.ts';
import type { EventLog } from './event-log.ts';

/**
 * An event as one line of JSON, with its end of line: the fields of the event, and `time`, milliseconds since 1970. Numbers keep all their
 * digits; one that is not finite becomes null, as JSON has none.
 */
export function toJsonLine(event: FitEvent, time: number = Date.now()): string {
  return `${JSON.stringify({ time, ...event })}\n`;
}

/** A log of one JSON object per line (jsonlines.org), for any program to read: gives each line to `write`. */
export function jsonLinesLog(write: (line: string) => void | Promise<void>): EventLog {
  return { log: (event) => write(toJsonLine(event)) };
}
