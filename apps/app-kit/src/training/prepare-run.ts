import { resolve } from 'node:path';
import { Rng } from '@unroll/tensor';
import { useBackend } from '../backend.ts';
import { Budget } from '../budget.ts';
import { type Given, type Texts, givenBy } from '../options/given.ts';
import { ANY, refuseNoEffect } from '../options/no-effect.ts';
import { readOptions } from '../options/read.ts';
import { checkWritable } from '../output-folder.ts';
import { count } from '../report/format.ts';
import { Preparation } from '../report/preparation.ts';
import { checkNotDone, mergedOptions, ownOptions } from '../run-options.ts';
import { type SavedRun, checkFree, loadRun, modelOfRun } from '../saved-run.ts';
import { type Terminal, quote } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { Plan, Run, RunData, RunValues, Trainer } from './trainer.ts';

/** All that a training run needs, checked and loaded. */
export interface PreparedRun<Values, Data, Model> extends Run<Values, Data, Model> {
  readonly plan: Plan;
  /** The options of the run as texts, for its checkpoints. */
  readonly options: Texts;
  readonly folder: string;
  /** What computes, for people. */
  readonly backend: string;
  readonly rng: Rng;
  readonly saved: SavedRun | undefined;
}

/**
 * `say` is told, now or later, if fewer threads run than were asked for; the terminal sees how far the preparation is if that takes long.
 * @throws UsageError if an option or a file is wrong
 */
export async function prepareRun<Values extends RunValues, Data extends RunData, Model extends object>(
  trainer: Trainer<Values, Data, Model>,
  given: Given,
  { stdout }: Pick<Terminal, 'stdout'>,
  say: (message: string) => void,
): Promise<PreparedRun<Values, Data, Model>> {
  const { format, kinds } = trainer;
  // Before any file is read, so that a typing error is told at once.
  const { resume } = readOptions(trainer.options, given);
  const saved = resume === undefined ? undefined : await loadRun(resume, format.kind);
  const options = saved ? mergedOptions(saved.run.options, given, kinds) : ownOptions(given, kinds);
  const values = readOptions(trainer.options, { ...givenBy(options, 'run'), ...given }, trainer.noEffect);
  const folder = given['out']?.text ?? resume ?? values.out;
  // As paths: a shell completes `run` to `run/`.
  if (resume === undefined || resolve(folder) !== resolve(resume)) {
    await checkFree(folder, values.overwrite);
  } else {
    // The run goes on in its folder.
    refuseNoEffect<RunValues>([{ options: ['overwrite'], where: { resume: ANY } }], given, values);
  }
  const data = await trainer.readData(values, new Preparation(stdout));
  if (saved) checkSame(data, saved);
  const budget = new Budget({
    steps: trainer.stepsOf(values, data),
    seconds: values.minutes === undefined ? undefined : values.minutes * 60,
    secondsBefore: saved?.run.seconds ?? 0,
  });
  if (saved) checkNotDone(saved.checkpoint, budget, trainer.moreSteps?.(values));
  await checkWritable(folder);
  const backend = await useBackend(values, say);
  const root = new Rng(values.seed);
  const [modelRng, rng] = [root.fork(), root.fork()];
  const model = saved ? await modelOfRun(saved, format) : await trainer.newModel(values, data, modelRng);
  const plan = await trainer.plan({ values, data, model, budget });
  return { values, data, model, budget, plan, options, folder, backend, rng, saved };
}

/** @throws UsageError if a run would go on with other data */
function checkSame({ identity, arguments: files }: RunData, { folder, run: { text: known } }: SavedRun): void {
  if (identity.sha256 === known.sha256) return;
  const resume = quote(folder);
  if (files.length === 0) {
    throw new UsageError(
      `The run in ${folder} learns from ${known.name}. Give that file too: <file> --resume ${resume}.`,
    );
  }
  throw new UsageError(
    `${identity.name} (${count(identity.length)} characters) is not what the run in ${folder} learns from: ` +
      `that was ${known.name} (${count(known.length)} characters). A run keeps its data.`,
  );
}
