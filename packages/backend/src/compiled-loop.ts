import type { Buffer } from './buffer.ts';

/** What the steps of a program are run on. Stays the caller's. */
export interface LoopRun {
  /** The number of steps, at least 1. */
  readonly time: number;
  /** A value that is the same in all steps, by its position in `LoopProgram.values`. */
  constant(value: number): Buffer;
  /** A value of all steps, [time, …], by its position. */
  series(value: number): Buffer;
  /** Before the first step, in the order of `LoopProgram.carried`. */
  readonly carried: readonly Buffer[];
}

/** What the steps leave. Becomes the caller's. */
export interface LoopRunResults {
  /** After the last step. */
  readonly carried: readonly Buffer[];
  /** Values of the step that something outside of the loop reads, [time, …], by position. */
  readonly series: ReadonlyMap<number, Buffer>;
  /** What `accumulate` added up, by position. */
  readonly totals: ReadonlyMap<number, Buffer>;
}

/** Why the steps of a program are not compiled, for people. */
export interface LoopObstacle {
  readonly reason: string;
}

/** Runs the phase `loop` of a program, all steps. The other phases are a few ops, which the caller runs as such. */
export type CompiledLoop = (run: LoopRun) => LoopRunResults;
