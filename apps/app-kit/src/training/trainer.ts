import type { Rng } from '@unroll/tensor';
import type { Checkpoint, CheckpointOptions, FitEvent } from '@unroll/training';
import type { BackendValues } from '../backend.ts';
import type { Budget } from '../budget.ts';
import type { ModelFormat } from '../model-format.ts';
import type { OptionsFor } from '../options/kinds.ts';
import type { NoEffect } from '../options/no-effect.ts';
import type { Picture } from '../page/page.ts';
import type { Preparation } from '../report/preparation.ts';
import type { Measure } from '../report/progress.ts';
import type { DataIdentity } from '../run-metadata.ts';
import type { RunOptionKinds } from '../run-options.ts';

/** The options that every run has, by these names. */
export interface RunValues extends BackendValues {
  readonly out: string;
  readonly resume: string | undefined;
  readonly overwrite: boolean;
  readonly config: string | undefined;
  readonly minutes: number | undefined;
  readonly seed: number;
}

/** What is learned from. */
export interface RunData {
  /** By which a run knows its data again. */
  readonly identity: DataIdentity;
  /** The part of a command line that names them: `book.txt`, `--corpus pairs.tsv`. Empty for built-in data. */
  readonly arguments: readonly string[];
}

/** What an app says of its training; `runTraining` does what all apps do alike. */
export interface Trainer<Values extends RunValues, Data extends RunData, Model extends object> {
  readonly format: ModelFormat<Model>;
  readonly options: OptionsFor<Values>;
  readonly kinds: RunOptionKinds;
  /** Options that do nothing where others are so: they are refused. Default: none. */
  readonly noEffect?: readonly NoEffect<Values>[];
  /**
   * What takes long of it, or of what is done with the data before the run begins, the preparation can say.
   * @throws UsageError for a file that will not do
   */
  readData(values: Values, preparation: Preparation): Promise<Data>;
  /** The limit of the run in steps. Undefined: `minutes` is the limit. */
  stepsOf(values: Values, data: Data): number | undefined;
  /** Suggests how to give a run more steps that has had all of them. Default: `--steps` and twice as many. */
  readonly moreSteps?: (values: Values) => string;
  /** A new model, untrained. A resumed run takes the saved one instead. */
  newModel(values: Values, data: Data, rng: Rng): Model | Promise<Model>;
  /** @throws UsageError if the data will not do, too short say */
  plan(run: Run<Values, Data, Model>): Plan | Promise<Plan>;
}

/** A run, before it begins. */
export interface Run<Values, Data, Model> {
  readonly values: Values;
  readonly data: Data;
  readonly model: Model;
  readonly budget: Budget;
}

/** How an app trains. */
export interface Plan {
  /** What is said of data and model before the run begins: `['Text', 'book.txt: 5,000 characters']`; without a title, it goes on. */
  readonly about: readonly (readonly [title: string, text: string])[];
  /** What is said of a step: `16 × 64 characters each step`. */
  readonly aboutSteps: string;
  readonly measure: Measure;
  /** Of what the measure counts, in the mean. */
  readonly unitsPerStep: number;
  /** Steps between lines where the output is no terminal. */
  readonly lineEvery: number;
  readonly checkpointEvery: number;
  /** Trains, and tells of it as `fit` does. */
  train(parts: RunParts): AsyncIterable<FitEvent>;
  /** Pictures for the report, by the model as it is after the last step. Default: none. */
  readonly pictures?: () => readonly Picture[] | Promise<readonly Picture[]>;
}

/** What `runTraining` gives to `fit`. */
export interface RunParts {
  /** For all that is drawn while training. */
  readonly rng: Rng;
  readonly checkpoints: CheckpointOptions;
  readonly resume: Checkpoint | undefined;
  readonly signal: AbortSignal;
}
