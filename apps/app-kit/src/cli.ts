/** What the command lines of the apps have in common. */
export { runProgram } from './program.ts';
export { type App, type Command } from './command.ts';
export { type Terminal, type Input, type Output, writeLine, quote } from './terminal.ts';
export { processTerminal } from './process-terminal.ts';
export { UsageError, OptionError } from './usage-error.ts';
export { type Style, styleFor } from './style.ts';
export {
  type Option,
  type Options,
  type OptionsFor,
  integer,
  number,
  choice,
  words,
  anyText,
  path,
  flag,
} from './options/kinds.ts';
export { type Given, type Texts, type Source, givenBy } from './options/given.ts';
export { readOptions } from './options/read.ts';
export { type NoEffect, type Alternatives, ANY } from './options/no-effect.ts';
export { nearest } from './options/nearest.ts';
export { configOption } from './config/config-file.ts';
export { fileError } from './files/file-error.ts';
export { checkRereadable } from './files/check-rereadable.ts';
export { writeOutput } from './files/write-output.ts';
export { type BackendValues, backendOptions, backendNoEffect, useBackend } from './backend.ts';
export { loadModel } from './load-model.ts';
export type { DataIdentity } from './run-metadata.ts';
export type { RunOptionKinds } from './run-options.ts';
export type { Measure } from './report/progress.ts';
export { Preparation, type Passage } from './report/preparation.ts';
export { count, natsAndBits } from './report/format.ts';
export { modelSize } from './model-size.ts';
export { runTraining, type TrainingOutcome } from './training/run-training.ts';
export { compareRuns, type CompareRunsOptions } from './training/compare-runs.ts';
export {
  share,
  positive,
  callOptions,
  runSeed,
  minutesOption,
  adamOptions,
  intervalOptions,
  pickOptions,
  runOptionKinds,
} from './training/run-option-kinds.ts';
export type { Trainer, Run, RunData, RunValues, RunParts, Plan } from './training/trainer.ts';
export { type Picture, type PageOptions, pageOf, tiles, facts, tableOf, pictures, passages } from './page/page.ts';
export { html, trusted, type Html, type HtmlValue } from './page/html.ts';
