import { cores, whyNotShared } from './platform.ts';
import { PARTS_AT_MOST } from './protocol.ts';

/** Who does the work of so many threads. */
export interface Crew {
  readonly parts: number;
  /** Threads beside this one. */
  readonly workers: number;
  readonly whyFewer?: string;
}

/** Workers for so many threads here; `Infinity` is as many as there are cores. */
export function crewFor(threads: number): Crew {
  if (threads === 1) return { parts: 1, workers: 0 };
  const available = cores();
  const parts = Math.min(threads === Infinity ? available : threads, PARTS_AT_MOST);
  const obstacle = whyNotShared();
  if (obstacle !== undefined) return { parts, workers: 0, whyFewer: obstacle };
  if (parts <= available) return { parts, workers: parts - 1 };
  return { parts, workers: available - 1, whyFewer: `there are no more cores` };
}
