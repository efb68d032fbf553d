import type { Options } from '../shared/arguments.ts';

/** A kind of model that is trained as PyTorch trained it. Each has a file of its own, and a part of docs/results/learning.md. */
export interface ReferenceKind {
  /** As `--only` names it. */
  readonly name: string;
  /** What it reads below the folder UNROLL_DATA. Where one of them is not there, the kind is skipped, and says so. */
  readonly files: readonly string[];
  /** Those that the option `run` chooses from; none where there is but one. */
  readonly runs: readonly string[];
  /** What may be asked of it, by name: some of its runs, other seeds. */
  readonly options: Options;
  /**
   * Trains and compares.
   * @param paths the files, in that order
   * @param given the options that were given; none: all that the page shows
   */
  run(paths: readonly string[], given: Readonly<Record<string, string>>): Promise<Outcome>;
}

/** What a kind came to. */
export interface Outcome {
  /** Its part of the page, from its heading (`## …`) on; undefined if only some of it was run. */
  readonly part: readonly string[] | undefined;
  /** What lies outside of its band, in words. */
  readonly failures: readonly string[];
}
