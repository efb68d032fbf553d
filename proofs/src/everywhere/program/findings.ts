/** What the suites of conformance found on one backend. */
export interface Conformance {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Test and error; the first ones. */
  readonly failures: readonly string[];
}

/** What came of training a character model. */
export interface Trained {
  /** What the backend says of itself. */
  readonly description: string;
  readonly losses: readonly number[];
  /** SHA-256 of the saved model. */
  readonly file: string;
  /** Milliseconds for a step. */
  readonly milliseconds: number;
}

/** What came of a model that was compiled ahead of time. */
export interface Compiled {
  /** SHA-256 of the file that `compileModel` makes here. */
  readonly made: string;
  /** What the file that another engine made writes with the runtime. */
  readonly text: string;
  readonly tokensPerSecond: number;
}

/** What came of training on a GPU, or why there is none, or the `Error: …` that ended it. */
export type OnGpu = { readonly device: string; readonly losses: readonly number[] } | string;

/** All that the program finds in an engine. What could not be done is an `Error: …`. */
export interface Findings {
  /** How the engine calls itself. */
  readonly agent: string;
  /** What backends said when they had to do with less. */
  readonly said: readonly string[];
  readonly conformance: Readonly<Record<string, Conformance | string>>;
  readonly training: Readonly<Record<string, Trained | string>>;
  readonly compiled: Compiled | string;
  /** `wasmSync`, which compiles without waiting: what the backend says of itself. */
  readonly withoutWaiting: string;
  /** Whether relaxed SIMD is there. */
  readonly relaxedSimd: boolean | string;
  /** Values of this engine's `Math`, by function. */
  readonly math: Readonly<Record<string, readonly number[]>>;
  /** In pages alone. */
  readonly gpu?: Readonly<Record<string, OnGpu>>;
  /** Outside of pages alone: checkpoints and readers on files. */
  readonly files?: string;
}
