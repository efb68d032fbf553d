import type { WorkloadName } from './workloads.ts';

/** What a contestant is told when its process starts. */
export interface Task {
  /** As in the tables: `unroll-wasm-1`. */
  readonly impl: string;
  readonly workload: WorkloadName;
  /** How many first losses it shows. Each costs a training step. */
  readonly checks: number;
  /** Where the yardstick lies. */
  readonly ceiling: string;
}

/** An implementation, ready to run one workload. */
export interface Contestant {
  /** Version, device, and what it does otherwise than the others. */
  readonly about: string;
  /** See `EXPECTED`; empty where it can't start from the given weights. */
  readonly check: readonly number[];
  /** The part of a unit of work that `run(1)` does. Default 1. */
  readonly share?: number;
  /** Does the work so many times; all of it is done, and its result read, when it returns. */
  readonly run?: (times: number) => unknown;
  /** In place of `run`, where somebody else holds the watch. */
  readonly measure?: (times: number) => Promise<Times>;
}

/** Milliseconds for one unit of work. */
export interface Times {
  readonly wall: number;
  /** Of all threads of the process. */
  readonly cpu: number;
}

/** A module of this folder: how its implementations get ready. */
export interface ContestantModule {
  setUp(task: Task): Promise<Contestant>;
}

/** The first lines of a process's answers, which tell them from whatever a library prints. */
export const MARK = '@bench ';
