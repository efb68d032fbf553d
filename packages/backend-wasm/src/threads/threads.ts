import type { WasmFunction, WasmInstance } from '../engine.ts';

/** A call of a kernel. */
export interface Call {
  readonly kernel: WasmFunction;
  readonly values: readonly number[];
  /** How large it is, where no value says so: calls of a kernel are told apart by it. */
  readonly size?: number;
}

/** The calls of one part of a job, in order. */
export type Part = readonly Call[];

/** Runs jobs whose parts may run at the same time. */
export interface Threads {
  /**
   * Into how many parts work is divided where that pays. A matter of the options alone, never of the machine: the same number gives
   * the same bits, however many threads there are to run the parts.
   */
  readonly parts: number;
  /** Work of fewer microseconds is not divided. */
  readonly leastWork: number;
  /**
   * Runs all parts, which are done when it returns, and gives what the first call of each returned: whole numbers of 32 bits. No part
   * may read what another one writes.
   */
  run(parts: readonly Part[]): readonly number[];
  /**
   * The same without results, and without waiting for the parts that other threads have: they are done before anything else runs, and
   * before anybody looks where memory lies (`Memory.address`), so that nobody sees a difference.
   */
  post(parts: readonly Part[]): void;
  /** Makes the functions of a module known to all threads. They are forgotten with `owner`. */
  add(bytes: Uint8Array, exports: WasmInstance['exports'], owner?: object): void;
}

/** Waking a worker takes about half as long. */
export const LEAST_WORK = 20;

/** All parts on this thread, one after the other. */
export function oneThread(parts: number, leastWork: number = LEAST_WORK): Threads {
  return { parts, leastWork, run: runHere, post: runHere, add: () => {} };
}

export function runHere(parts: readonly Part[]): readonly number[] {
  return parts.map(runPart);
}

/** What the first call returns; 0 if that is nothing. */
export function runPart(part: Part): number {
  let result: number | undefined;
  for (const { kernel, values } of part) {
    const returned = kernel(...values);
    result ??= returned | 0;
  }
  return result ?? 0;
}
