import type { Part, Threads } from '../threads/threads.ts';

/** First and last but one of some things that belong together. */
export interface Range {
  readonly first: number;
  readonly count: number;
}

/** Bytes of a cache line: no two threads may write to one. */
export const LINE = 64;

/** So many bytes, filled up to whole cache lines. */
export function inLines(bytes: number): number {
  return Math.ceil(bytes / LINE) * LINE;
}

/** Divides so many things, in multiples of `unit`, as equally as can be. */
export function divide(total: number, parts: number, unit = 1): Range[] {
  const units = Math.ceil(total / unit);
  const ranges: Range[] = [];
  for (let part = 0; part < parts; part++) {
    const first = Math.floor((units * part) / parts) * unit;
    const end = Math.min(total, Math.floor((units * (part + 1)) / parts) * unit);
    if (end > first) ranges.push({ first, count: end - first });
  }
  return ranges;
}

/** Whether work of about so many microseconds is divided. */
export function isWorthwhile({ parts, leastWork }: Threads, microseconds: number): boolean {
  return parts > 1 && microseconds >= leastWork;
}

/** Runs pieces of like size that do not touch what others write. */
export function runInParts(threads: Threads, pieces: readonly Part[]): void {
  threads.post(
    divide(pieces.length, threads.parts).map(({ first, count }) => pieces.slice(first, first + count).flat()),
  );
}
