import { Budget } from '@unroll/app-kit';
import {
  type DataIdentity,
  type Given,
  UsageError,
  checkFree,
  checkNotDone,
  loadRun,
  mergedOptions,
  modelOfRun,
  ownOptions,
  readOptions,
  useBackend,
} from '@unroll/app-kit/cli';
import { Rng, UnrollError } from '@unroll/tensor';
import type { Checkpoint } from '@unroll/training';
import { encodePair } from '../batch.ts';
import { type Translator, buildTranslator } from '../config.ts';
import { TRANSLATOR_FORMAT } from '../model-file.ts';
import { intlPairs } from '../pairs/intl-pairs.ts';
import type { Pair, Parts } from '../pairs/pair.ts';
import { hashOf, partsOf, readCorpus } from './corpus.ts';
import { sideOf } from './tokens.ts';
import { RUN_OPTIONS, type TrainValues, trainOptions } from './train-options.ts';

/** All that a training run needs, checked and loaded. */
export interface PreparedTraining {
  readonly values: TrainValues;
  /** The options of the run as texts, for its checkpoints. */
  readonly options: Given;
  readonly identity: DataIdentity;
  /** Without the pairs that are too long. */
  readonly parts: Parts;
  /** How many of those to train on were too long. */
  readonly leftOut: number;
  readonly folder: string;
  /** What computes, for people. */
  readonly backend: string;
  readonly translator: Translator;
  readonly budget: Budget;
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
  const saved = asked.resume === undefined ? undefined : await loadRun(asked.resume, TRANSLATOR_FORMAT.kind);
  const options = saved ? mergedOptions(saved.run.options, given, RUN_OPTIONS) : ownOptions(given, RUN_OPTIONS);
  const values = readOptions(trainOptions, { ...given, ...options });
  const folder = given['out'] ?? values.resume ?? values.out;
  if (folder !== values.resume) await checkFree(folder, values.overwrite);
  const { name, parts } = await dataOf(values);
  const identity = { name, ...hashOf(parts.train) };
  if (saved && saved.run.text.sha256 !== identity.sha256) {
    throw new UsageError(
      `The run in ${values.resume} learns from ${saved.run.text.name}, and these are other pairs: ${name}. A run keeps its data: give them too.`,
    );
  }
  const budget = new Budget({
    steps: values.steps,
    seconds: values.minutes === undefined ? undefined : values.minutes * 60,
    secondsBefore: saved?.run.seconds ?? 0,
  });
  if (saved) checkNotDone(saved.checkpoint, budget);
  const backend = await useBackend(values, say);
  const root = new Rng(values.seed);
  const [modelRng, rng] = [root.fork(), root.fork()];
  const translator = saved
    ? await modelOfRun(saved, TRANSLATOR_FORMAT)
    : await newTranslator(values, parts.train, modelRng);
  const fitting = {
    train: shortEnough(parts.train, translator, values),
    validation: shortEnough(parts.validation, translator, values),
    test: parts.test,
  };
  if (fitting.train.length === 0) {
    throw new UsageError(`${name}: there is no pair to train on with at most ${values['max-tokens']} tokens a side.`);
  }
  const leftOut = parts.train.length - fitting.train.length;
  return {
    values,
    options,
    identity,
    leftOut,
    folder,
    backend,
    translator,
    budget,
    rng,
    parts: fitting,
    resume: saved?.checkpoint,
  };
}

async function dataOf(values: TrainValues): Promise<{ readonly name: string; readonly parts: Parts }> {
  const corpus = await readCorpus(values);
  if (!corpus) return { name: 'built-in pairs', parts: builtIn(values) };
  const validation = await readCorpus({
    corpus: values.validation,
    columns: values.columns,
    source: values['validation-source'],
    target: values['validation-target'],
  });
  return { name: corpus.name, parts: partsOf(corpus, validation) };
}

/**
 * The pairs of two languages that the runtime knows.
 * @throws UsageError if it does not
 */
export function builtIn({ from, to, pairs, seed }: Pick<TrainValues, 'from' | 'to' | 'pairs' | 'seed'>): Parts {
  try {
    return intlPairs({ from, to, count: pairs, seed });
  } catch (error) {
    if (!(error instanceof UnrollError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

async function newTranslator(values: TrainValues, pairs: readonly Pair[], rng: Rng): Promise<Translator> {
  const { from, to, cell, attention, layers, hidden: hiddenSize, embedding: embeddingSize, dropout } = values;
  const sides = {
    source: await sideOf(
      pairs.map(({ source }) => source),
      { ...values, tokenizer: values['source-tokenizer'] },
    ),
    target: await sideOf(
      pairs.map(({ target }) => target),
      { ...values, tokenizer: values['target-tokenizer'] },
    ),
  };
  return buildTranslator({ from, to, cell, attention, layers, hiddenSize, embeddingSize, dropout }, { ...sides, rng });
}

function shortEnough(
  pairs: readonly Pair[],
  translator: Translator,
  { 'max-tokens': most }: Pick<TrainValues, 'max-tokens'>,
): readonly Pair[] {
  return pairs.filter((pair) => {
    const { source, target } = encodePair(translator, pair);
    return source.length <= most + 1 && target.length <= most;
  });
}
