import { Budget } from '@unroll/app-kit';
import {
  type Given,
  type SavedRun,
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
import { BIO, BIOES, trainValidationSplit } from '@unroll/data';
import { Rng } from '@unroll/tensor';
import type { Checkpoint } from '@unroll/training';
import type { TaggerModel } from '../tagger-model.ts';
import { TAGGER_FORMAT } from '../model-file.ts';
import { inScheme } from '../read-sentences.ts';
import type { TaggedSentence } from '../sentence.ts';
import { stepsPerEpoch } from '../train.ts';
import { type TagData, builtIn, identityOf, readTagData } from './data-file.ts';
import { newTagger } from './new-tagger.ts';
import { RUN_OPTIONS, type TrainValues, trainOptions } from './train-options.ts';

/** All that a training run needs, checked and loaded. */
export interface PreparedTraining {
  readonly values: TrainValues;
  /** The options of the run as texts, for its checkpoints. */
  readonly options: Given;
  readonly data: TagData;
  readonly folder: string;
  /** What computes, for people. */
  readonly backend: string;
  readonly tagger: TaggerModel;
  /** How many words of its data began with a vector of a file; undefined without one. */
  readonly vectors: number | undefined;
  readonly sentences: readonly TaggedSentence[];
  /** May be empty. */
  readonly validation: readonly TaggedSentence[];
  /** Steps in which all sentences are read once. */
  readonly epoch: number;
  readonly budget: Budget;
  /** Draws batches, and what is dropped. */
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
  const saved = asked.resume === undefined ? undefined : await loadRun(asked.resume, TAGGER_FORMAT.kind);
  const options = saved ? mergedOptions(saved.run.options, given, RUN_OPTIONS) : ownOptions(given, RUN_OPTIONS);
  const values = readOptions(trainOptions, { ...options, ...callOnly(given) });
  const { data, sentences, validation } = await dataOf(values, saved);
  const folder = given['out'] ?? values.resume ?? values.out;
  if (folder !== values.resume) await checkFree(folder, values.overwrite);
  const epoch = stepsPerEpoch(sentences.length, values.batch);
  const budget = new Budget({
    steps: values.epochs === undefined ? undefined : values.epochs * epoch,
    seconds: values.minutes === undefined ? undefined : values.minutes * 60,
    secondsBefore: saved?.run.seconds ?? 0,
  });
  if (saved) checkNotDone(saved.checkpoint, budget, `--epochs ${(values.epochs ?? 1) * 2}`);
  const backend = await useBackend(values, say);
  const root = new Rng(values.seed);
  const [modelRng, rng] = [root.fork(), root.fork()];
  const { tagger, vectors } = saved
    ? { tagger: await modelOfRun(saved, TAGGER_FORMAT), vectors: undefined }
    : await newTagger(values, sentences, modelRng);
  const resume = saved?.checkpoint;
  return { values, options, data, folder, backend, tagger, vectors, sentences, validation, epoch, budget, rng, resume };
}

function callOnly(given: Given): Given {
  return Object.fromEntries(Object.entries(given).filter(([name]) => RUN_OPTIONS.call.includes(name)));
}

async function dataOf(
  values: TrainValues,
  saved: SavedRun | undefined,
): Promise<Pick<PreparedTraining, 'data' | 'sentences' | 'validation'>> {
  const { data: path, resume } = values;
  const data = path === undefined ? builtInData() : await readTagData(path, values);
  const { text: known } = saved?.run ?? { text: undefined };
  if (known && identityOf(data).sha256 !== known.sha256) {
    throw new UsageError(
      path === undefined
        ? `The run in ${resume} learns from ${known.name}. Give that file too: <file> --resume ${resume}.`
        : `${data.name} is not what the run in ${resume} learns from: that was ${known.name}. A run keeps its data.`,
    );
  }
  const all = inScheme(data.sentences, { 'as-is': undefined, bio: BIO, bioes: BIOES }[values.scheme]);
  if (values.validation !== undefined) {
    return { data, sentences: all, validation: (await readTagData(values.validation, values)).sentences };
  }
  if (path === undefined) return { data, sentences: all, validation: builtIn().validation };
  const trainFraction = 1 - values['validation-fraction'];
  const { train, validation } = trainValidationSplit(all, { trainFraction, rng: new Rng(values.seed) });
  if (train.length > 0) return { data, sentences: train, validation };
  throw new UsageError(`${data.name} has too few sentences to keep some to check by. Use --validation-fraction 0.`);
}

function builtInData(): TagData {
  return { name: 'built-in English', path: undefined, sentences: builtIn().train };
}
