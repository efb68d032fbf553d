import { type Budget, learningRateAt } from '@unroll/app-kit';
import {
  type Measure,
  OptionError,
  type Picture,
  type Plan,
  type Run,
  type RunData,
  type RunParts,
  type Trainer,
  count,
  modelSize,
  quote,
} from '@unroll/app-kit/cli';
import { BIO, BIOES, trainValidationSplit } from '@unroll/data';
import { Rng } from '@unroll/tensor';
import type { FitEvent } from '@unroll/training';
import { evaluate } from '../evaluate.ts';
import { TAGGER_FORMAT } from '../model-file.ts';
import { confusionSvg, probabilitiesSvg } from '../pictures.ts';
import { inScheme } from '../read-sentences.ts';
import { schemeOf } from '../scheme.ts';
import type { TaggedSentence } from '../sentence.ts';
import { type TrainOptions, stepsPerEpoch, train } from '../train.ts';
import { builtIn, checkColumns, identityOf, readTagData } from './data-file.ts';
import { type NewTagger, newTagger } from './new-tagger.ts';
import { RUN_OPTIONS, type TrainValues, trainNoEffect, trainOptions } from './train-options.ts';

export interface SentenceData extends RunData {
  readonly sentences: readonly TaggedSentence[];
  /** May be empty. */
  readonly validation: readonly TaggedSentence[];
}

type TaggerRun = Run<TrainValues, SentenceData, NewTagger>;

/** Sentences that are tagged while it trains. */
const SAMPLES = 3;
/** Words of one of them at most. */
const SAMPLE_LENGTH = 16;

/** How the tagger trains: all that is not as in every app. */
export const TRAINER: Trainer<TrainValues, SentenceData, NewTagger> = {
  format: TAGGER_FORMAT,
  options: trainOptions,
  kinds: RUN_OPTIONS,
  noEffect: trainNoEffect,
  readData,
  stepsOf: ({ epochs, batch }, { sentences }) =>
    epochs === undefined ? undefined : epochs * stepsPerEpoch(sentences.length, batch),
  moreSteps: ({ epochs }) => `--epochs ${(epochs ?? 1) * 2}`,
  newModel: (values, { sentences }, rng) => newTagger(values, sentences, rng),
  plan,
};

/** A share as people read it: 93.21 %. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

async function readData(values: TrainValues): Promise<SentenceData> {
  const { data: path, validation: validationPath } = values;
  checkColumns([path, validationPath], values);
  const data = path === undefined ? builtInData() : await readTagData(path, values);
  if (values.scheme !== 'as-is' && !schemeOf(data.sentences.flatMap(({ tags }) => tags))) {
    throw new OptionError(
      ['scheme'],
      (named) =>
        `${named('scheme')} has no effect: the tags of ${data.name} are no parts of spans (B-, I-). Leave it out.`,
    );
  }
  const identity = identityOf(data);
  const files = path === undefined ? [] : [quote(path)];
  const all = inScheme(data.sentences, { 'as-is': undefined, bio: BIO, bioes: BIOES }[values.scheme]);
  if (validationPath !== undefined) {
    const { sentences } = await readTagData(validationPath, values);
    return { identity, arguments: files, sentences: all, validation: sentences };
  }
  if (path === undefined) return { identity, arguments: files, sentences: all, validation: builtIn().validation };
  const trainFraction = 1 - values['validation-fraction'];
  const { train, validation } = trainValidationSplit(all, { trainFraction, rng: new Rng(values.seed) });
  if (train.length > 0) return { identity, arguments: files, sentences: train, validation };
  throw new OptionError(
    ['validation-fraction'],
    (named) => `${data.name} has too few sentences to keep some to check by. Use ${named('validation-fraction')} 0.`,
  );
}

function builtInData(): Parameters<typeof identityOf>[0] {
  return { name: 'built-in English', path: undefined, sentences: builtIn().train };
}

function plan(run: TaggerRun): Plan {
  const { values, data, model: tagger, budget } = run;
  const { sentences, validation } = data;
  const epoch = stepsPerEpoch(sentences.length, values.batch);
  const every = values['validate-every'] ?? epoch;
  const isShort = ({ words }: TaggedSentence): boolean => words.length > 3 && words.length <= SAMPLE_LENGTH;
  const samples = (validation.length > 0 ? validation : sentences).filter(isShort).slice(0, SAMPLES);
  return {
    about: aboutOf(run),
    aboutSteps: `${values.batch} sentences each`,
    measure: measureOf(sentences),
    unitsPerStep: wordsOf(sentences) / epoch,
    lineEvery: every,
    checkpointEvery: every,
    train: (parts) =>
      trainWithin(budget, {
        ...parts,
        tagger,
        sentences,
        batch: values.batch,
        clipNorm: values.clip,
        learningRate(step) {
          const rate = values['learning-rate'];
          return values.schedule === 'constant' ? rate : learningRateAt(budget.progress(step), rate);
        },
        validation: validation.length === 0 ? undefined : { sentences: validation, every },
        samples: samples.length === 0 ? undefined : { sentences: samples, every },
      }),
    pictures: () => picturesOf(tagger, { validation, samples }),
  };
}

async function* trainWithin(
  budget: Budget,
  options: RunParts & Omit<TrainOptions, 'steps'>,
): AsyncGenerator<FitEvent, void, undefined> {
  let steps = budget.steps ?? Number.MAX_SAFE_INTEGER;
  const run = train({
    ...options,
    // Asked for before each step: when the time is up, the step that was taken is the last.
    get steps() {
      return steps;
    },
  });
  for await (const event of run) {
    if (event.type === 'step' && budget.isTimeUp) steps = event.step;
    yield event;
  }
}

/** A validation's loss is what is missing to a score of 1. */
function measureOf(sentences: readonly TaggedSentence[]): Measure {
  const name = schemeOf(sentences.flatMap(({ tags }) => tags)) ? 'F1 of spans' : 'accuracy';
  return {
    unit: 'words',
    describe: (loss) => `${name} ${percent(1 - loss)}`,
    brief: (loss) => percent(1 - loss),
    lossName: 'nats per word',
    score: { name, of: (loss) => 1 - loss },
  };
}

function aboutOf({ data, model: tagger }: TaggerRun): Plan['about'] {
  const { identity, sentences, validation } = data;
  const { config, model, vocabularies, vectors } = tagger;
  const { words, tags } = vocabularies;
  const reads = config.direction === 'both' ? 'both ways' : 'forward';
  const spelled = config.characterHidden > 0 ? `, ${config.characterHidden} for characters` : '';
  const known = count(words.size - words.specials.length);
  return [
    ['Data', `${identity.name}: ${count(sentences.length)} sentences, ${count(wordsOf(sentences))} words`],
    ['', `${known} known words, ${tags.size} tags`],
    ...(vectors === undefined
      ? []
      : [['', `vectors of ${config.wordEmbedding} numbers for ${count(vectors)} words of the data`] as const]),
    ...(validation.length === 0 ? [] : [['', `${count(validation.length)} sentences to check by`] as const]),
    [
      'Model',
      `${config.hidden} LSTM units ${reads}${spelled}, ${config.output}: ${count(modelSize(model))} parameters`,
    ],
  ];
}

async function picturesOf(
  tagger: NewTagger,
  {
    validation,
    samples,
  }: { readonly validation: readonly TaggedSentence[]; readonly samples: readonly TaggedSentence[] },
): Promise<readonly Picture[]> {
  const { predictions } = await evaluate({ ...tagger, sentences: samples });
  const wavering = predictions.map((prediction) => {
    const panels = { 'after the last step': prediction };
    return {
      title: prediction.words.join(' '),
      svg: probabilitiesSvg(panels, tagger.vocabularies, 'How probable each tag is'),
    };
  });
  if (validation.length === 0) return wavering;
  const { confusion } = await evaluate({ ...tagger, sentences: validation });
  return [
    {
      title: 'What was taken for what',
      svg: confusionSvg(confusion, 'What was taken for what'),
      caption: 'The sentences to check by, tagged by the model after the last step. Each row adds up to 1.',
    },
    ...wavering,
  ];
}

function wordsOf(sentences: readonly TaggedSentence[]): number {
  return sentences.reduce((sum, { words }) => sum + words.length, 0);
}
