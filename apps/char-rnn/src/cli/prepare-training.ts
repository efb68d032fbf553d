import { Vocabulary, trainValidationSplit } from '@unroll/data';
import { Rng, UnrollError } from '@unroll/tensor';
import { type Checkpoint, loadCheckpoint } from '@unroll/training';
import { folderStore } from '@unroll/training/node';
import { Budget } from '../budget.ts';
import { type CharacterModel, buildCharRnn } from '../config.ts';
import { useBackend } from './backend.ts';
import { count } from './report/format.ts';
import { type Given, readOptions } from './options/read.ts';
import { RUN_FILE, isTaken } from './output-folder.ts';
import { type RunMetadata, restoreModel, restoreRun } from './run-metadata.ts';
import { quote } from './terminal.ts';
import { type Text, identityOf, readText } from './text-file.ts';
import { CALL_OPTIONS, DEFAULT_STEPS, FIXED_OPTIONS, type TrainValues, trainOptions } from './train-options.ts';
import { UsageError } from './usage-error.ts';

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
  const saved = asked.resume === undefined ? undefined : await loadRun(asked.resume);
  const options = saved ? mergedOptions(saved.run.options, given) : ownOptions(given);
  const values = { ...readOptions(trainOptions, { ...options, ...given }), ...limits(options) };
  const text = await textOf(values, saved?.run);
  const folder = given['out'] ?? values.resume ?? values.out;
  if (folder !== values.resume && !values.overwrite && (await isTaken(folder))) {
    throw new UsageError(
      `${folder} already holds a model. Choose another folder with --out, go on with --resume ${quote(folder)}, or replace it with --overwrite.`,
    );
  }
  const budget = new Budget({
    steps: values.steps,
    seconds: values.minutes === undefined ? undefined : values.minutes * 60,
    secondsBefore: saved?.run.seconds ?? 0,
  });
  if (saved) checkNotDone(saved.checkpoint, budget);
  const backend = await useBackend(values, say);
  const savedModel = saved && (await readable(saved.folder, () => restoreModel(saved.checkpoint)));
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

/** A run to go on with. */
interface SavedRun {
  readonly folder: string;
  readonly checkpoint: Checkpoint;
  readonly run: Omit<RunMetadata, 'characterModel'>;
}

async function loadRun(folder: string): Promise<SavedRun> {
  const checkpoint = await readable(folder, () => loadCheckpoint(folderStore(folder)));
  if (checkpoint) return { folder, checkpoint, run: await readable(folder, () => restoreRun(checkpoint)) };
  throw new UsageError(`There is no run in ${folder} to go on with: it has no ${RUN_FILE}.`);
}

/** What `read` reads from a run; a damaged one is the user's to know. */
async function readable<T>(folder: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UnrollError)) throw error;
    throw new UsageError(`${RUN_FILE} in ${folder} is no run to go on with. ${error.message}`, { cause: error });
  }
}

/** Every option of a new run, so that its checkpoints do not depend on the defaults of a later version. */
function ownOptions(given: Given): Given {
  const all = Object.entries(trainOptions).flatMap(([name, { fallback }]) => {
    const text = given[name] ?? fallback;
    return text === undefined || CALL_OPTIONS.includes(name) ? [] : [[name, text] as const];
  });
  const hasLimit = given['steps'] !== undefined || given['minutes'] !== undefined;
  return Object.fromEntries(hasLimit ? all : [...all, ['steps', String(DEFAULT_STEPS)]]);
}

function mergedOptions(saved: Given, given: Given): Given {
  for (const name of FIXED_OPTIONS) {
    const [was, is] = [saved[name], given[name]];
    if (is === undefined || was === undefined || is === was || Number(is) === Number(was)) continue;
    throw new UsageError(`--${name} is ${was} in this run and can't become ${is}. Leave it out, or begin a new run.`);
  }
  const own = Object.entries(given).filter(([name]) => !CALL_OPTIONS.includes(name));
  const hasLimit = given['steps'] !== undefined || given['minutes'] !== undefined;
  // A new limit takes the place of both old ones.
  const kept = Object.entries(saved).filter(([name]) => !hasLimit || (name !== 'steps' && name !== 'minutes'));
  return Object.fromEntries([...kept, ...own]);
}

/** The limits of the run itself: on the command line one of them may stand for both. */
function limits(options: Given): Pick<TrainValues, 'steps' | 'minutes'> {
  const { steps, minutes } = readOptions(
    { steps: trainOptions.steps, minutes: trainOptions.minutes },
    Object.fromEntries(Object.entries(options).filter(([name]) => name === 'steps' || name === 'minutes')),
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

function checkNotDone({ step }: Checkpoint, budget: Budget): void {
  if (budget.steps !== undefined && step >= budget.steps) {
    throw new UsageError(
      `The run has taken ${count(step)} steps, and ${count(budget.steps)} are asked for. Give more: --steps ${step * 2}.`,
    );
  }
  if (budget.isTimeUp) {
    const minutes = Math.ceil(budget.elapsed / 60);
    throw new UsageError(
      `The run has had ${(budget.elapsed / 60).toFixed(1)} minutes, which is its whole time. Give more: --minutes ${minutes * 2}.`,
    );
  }
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
