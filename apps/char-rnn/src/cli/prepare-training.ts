import { Budget } from '@unroll/app-kit';
import {
  type Given,
  type SavedRun,
  UsageError,
  checkFree,
  checkNotDone,
  count,
  loadRun,
  mergedOptions,
  modelOfRun,
  ownOptions,
  readOptions,
  useBackend,
} from '@unroll/app-kit/cli';
import { Vocabulary, trainValidationSplit } from '@unroll/data';
import { Rng } from '@unroll/tensor';
import type { Checkpoint } from '@unroll/training';
import { type CharacterModel, buildCharRnn } from '../config.ts';
import { CHAR_RNN_FORMAT } from '../model-file.ts';
import { type Text, identityOf, readText } from './text-file.ts';
import { RUN_OPTIONS, type TrainValues, trainOptions } from './train-options.ts';

/** All that a training run needs, checked and loaded. */
export interface PreparedTraining {
  readonly values: TrainValues;
  /** The options of the run as texts, for its checkpoints. */
  readonly options: Given;
  readonly text: Text;
  readonly folder: string;
  /** What computes, for people. */
  readonly backend: string;
  readonly characterModel: CharacterModel;
  readonly tokens: Int32Array;
  readonly validationTokens: Int32Array | undefined;
  readonly budget: Budget;
  /** Draws what is dropped out. */
  readonly rng: Rng;
  readonly resume: Checkpoint | undefined;
}

/**
 * `say` is told, now or later, if fewer threads run than were asked for.
 * @throws UsageError if an option or a file is wrong
 */
export async function prepareTraining(given: Given, say: (message: string) => void): Promise<PreparedTraining> {
  // Before any file is read, so that a typing error is told at once.
  const asked = readOptions(trainOptions, given);
  const saved = asked.resume === undefined ? undefined : await loadRun(asked.resume, CHAR_RNN_FORMAT.kind);
  const options = saved ? mergedOptions(saved.run.options, given, RUN_OPTIONS) : ownOptions(given, RUN_OPTIONS);
  const values = { ...readOptions(trainOptions, { ...options, ...given }), ...limits(options) };
  const text = await textOf(values, saved?.run);
  const folder = given['out'] ?? values.resume ?? values.out;
  if (folder !== values.resume) await checkFree(folder, values.overwrite);
  const budget = new Budget({
    steps: values.steps,
    seconds: values.minutes === undefined ? undefined : values.minutes * 60,
    secondsBefore: saved?.run.seconds ?? 0,
  });
  if (saved) checkNotDone(saved.checkpoint, budget);
  const backend = await useBackend(values, say);
  const savedModel = saved && (await modelOfRun(saved, CHAR_RNN_FORMAT));
  const vocabulary = savedModel?.vocabulary ?? Vocabulary.fromText(text.content, { specials: ['unk'] });
  const { tokens, validationTokens } = split(vocabulary.encode(text.content), text, values);
  const root = new Rng(values.seed);
  const [modelRng, rng] = [root.fork(), root.fork()];
  const { cell, layers, hidden: hiddenSize, embedding: embeddingSize, dropout } = values;
  const characterModel =
    savedModel ?? buildCharRnn({ cell, layers, hiddenSize, embeddingSize, dropout }, vocabulary, modelRng);
  const resume = saved?.checkpoint;
  return { values, options, text, folder, backend, characterModel, tokens, validationTokens, budget, rng, resume };
}

/** The limits of the run itself: on the command line one of them may stand for both. */
function limits(options: Given): Pick<TrainValues, 'steps' | 'minutes'> {
  const { steps, minutes } = readOptions(
    { steps: trainOptions.steps, minutes: trainOptions.minutes },
    Object.fromEntries(Object.entries(options).filter(([name]) => RUN_OPTIONS.limits.includes(name))),
  );
  return { steps, minutes };
}

async function textOf({ text: path, resume }: TrainValues, run: SavedRun['run'] | undefined): Promise<Text> {
  const text = await readText(path);
  if (!run) return text;
  const { name, length, sha256 } = identityOf(text);
  if (sha256 === run.text.sha256) return text;
  if (path === undefined) {
    throw new UsageError(
      `The run in ${resume} learns from ${run.text.name}. Give that file too: <file> --resume ${resume}.`,
    );
  }
  throw new UsageError(
    `${name} (${count(length)} characters) is not the text that the run in ${resume} learns from: ` +
      `that was ${run.text.name} (${count(run.text.length)} characters). A run keeps its text.`,
  );
}

function split(
  all: Int32Array,
  { name }: Text,
  { batch, time, 'validation-fraction': fraction }: TrainValues,
): Pick<PreparedTraining, 'tokens' | 'validationTokens'> {
  const { train, validation } = trainValidationSplit(all, { trainFraction: 1 - fraction });
  const needed = batch * time + 1;
  if (train.length < needed) {
    throw new UsageError(
      `${name} is too short: it has ${count(all.length)} characters, ${count(train.length)} of them to train on, ` +
        `and --batch ${batch} with --time ${time} needs ${count(needed)}. Give more text, or a smaller batch or time.`,
    );
  }
  if (fraction === 0) return { tokens: train, validationTokens: undefined };
  if (validation.length >= 2) return { tokens: train, validationTokens: validation };
  throw new UsageError(
    `${name} is too short to keep ${fraction} of it to check by. Use --validation-fraction 0, or more of it.`,
  );
}
