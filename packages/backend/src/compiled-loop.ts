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

/** What steps that come one at a time begin with. Stays the caller's. */
export interface LoopStart {
  /** A value that is the same in all steps, by its position; lives as long as the steps. */
  constant(value: number): Buffer;
  /** Before the first step, in the order of `LoopProgram.carried`. */
  readonly carried: readonly Buffer[];
}

/** A loop whose steps come one at a time, and which holds what it carries. */
export interface LoopSteps {
  /** One step of a program that is given one series and gives one: x of this step, and what it gives. Both are the caller's. */
  step(x: Buffer): Buffer;
  /** Some steps, at least one, in one call: x and the results are [time, …]. */
  run(time: number, xs: Buffer): Buffer;
  /** As the last step left it; becomes the caller's. */
  carried(): readonly Buffer[];
  /** Gives all memory back. */
  end(): void;
}

/** The phase `loop` of a program as code. The other phases are a few ops, which the caller runs as such. */
export interface CompiledLoop {
  /** All steps at once. */
  (run: LoopRun): LoopRunResults;
  /** Steps one at a time, where that can be had for less than a run of one step each. */
  readonly begin?: (start: LoopStart) => LoopSteps;
  /**
   * How many kernels a step takes, for people, where the device runs them one by one: of the last run, and before the first at most so many,
   * since a run whose series another loop left step by step may take fewer.
   */
  readonly kernels?: number;
}
