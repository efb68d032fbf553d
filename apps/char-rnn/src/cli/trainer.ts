import {
  type Measure,
  OptionError,
  type Plan,
  type Run,
  type RunData,
  type Trainer,
  count,
  modelSize,
  natsAndBits,
  quote,
} from '@unroll/app-kit/cli';
import { type TokenArray, Vocabulary, trainValidationSplit } from '@unroll/data';
import { type CharacterModel, buildCharRnn } from '../config.ts';
import { CHAR_RNN_FORMAT } from '../model-file.ts';
import { train } from '../train.ts';
import { unknownCharacters } from './unknown-characters.ts';
import { type Text, encodeText, readThrough } from './text-file.ts';
import { RUN_OPTIONS, type TrainValues, trainNoEffect, trainOptions } from './train-options.ts';

interface TextData extends RunData {
  readonly text: Text;
}

/** Characters of a sample while training. */
const SAMPLE_LENGTH = 240;

export const CHARACTERS: Measure = {
  unit: 'characters',
  describe: natsAndBits,
  brief: (nats) => `${(nats / Math.LN2).toFixed(3)} bits`,
  lossName: 'nats per character',
};

/** How char-rnn trains: all that is not as in every app. */
export const TRAINER: Trainer<TrainValues, TextData, CharacterModel> = {
  format: CHAR_RNN_FORMAT,
  options: trainOptions,
  kinds: RUN_OPTIONS,
  noEffect: trainNoEffect,
  async readData({ text: path }) {
    const text = await readThrough(path);
    return { text, identity: text.identity, arguments: path === undefined ? [] : [quote(path)] };
  },
  stepsOf: ({ steps }) => steps,
  newModel(values, { text }, rng) {
    const { cell, layers, hidden: hiddenSize, embedding: embeddingSize, dropout } = values;
    const vocabulary = Vocabulary.fromText([...text.counts.keys()].join(''), { specials: ['unk'] });
    return buildCharRnn({ cell, layers, hiddenSize, embeddingSize, dropout }, vocabulary, rng);
  },
  plan,
};

async function plan(run: Run<TrainValues, TextData, CharacterModel>): Promise<Plan> {
  const { values, data, model: characterModel, budget } = run;
  const all = await encodeText(data.text, characterModel.vocabulary);
  const { tokens, validationTokens } = split(all.tokens, data.text, values);
  const { batch, time } = values;
  const passes = ((budget.steps ?? 0) * batch * time) / tokens.length;
  const timesTheText = passes > 0 ? `: ${passes.toFixed(1)} times the text` : '';
  return {
    about: [...aboutOf(run, validationTokens), ...aboutPrime(run)],
    aboutSteps: `${batch} × ${time} characters each step${timesTheText}`,
    measure: CHARACTERS,
    unitsPerStep: batch * time,
    lineEvery: values['validate-every'],
    checkpointEvery: values['checkpoint-every'],
    train: (parts) =>
      train({
        ...parts,
        characterModel,
        tokens,
        batch,
        time,
        budget,
        learningRate: values['learning-rate'],
        clipNorm: values.clip,
        validation: validationTokens && { tokens: validationTokens, every: values['validate-every'] },
        samples: {
          every: values['sample-every'],
          prime: values.prime,
          length: SAMPLE_LENGTH,
          temperature: values.temperature,
          topK: values['top-k'],
          topP: values['top-p'],
        },
      }),
  };
}

function aboutOf(
  { data: { text }, model: { config, model, vocabulary } }: Run<TrainValues, TextData, CharacterModel>,
  validationTokens: TokenArray | undefined,
): Plan['about'] {
  const characters = vocabulary.size - vocabulary.specials.length;
  const layers = config.layers === 1 ? '' : `${config.layers} layers of `;
  const { name, length } = text.identity;
  const nulls = text.counts.get('\0') ?? 0;
  return [
    ['Text', `${name}: ${count(length)} characters, ${characters} different`],
    ...(text.hadCarriageReturns ? [['', String.raw`line ends \r\n are read as \n`] as const] : []),
    ...(nulls > 0
      ? [['', `${count(nulls)} of them are NUL, which a text has not: is it the right file?`] as const]
      : []),
    ...(validationTokens ? [['', `the last ${count(validationTokens.length)} are kept to check by`] as const] : []),
    ['Model', `${layers}${config.hiddenSize} ${config.cell} units: ${count(modelSize(model))} parameters`],
  ];
}

function aboutPrime({ values, model: { vocabulary } }: Run<TrainValues, TextData, CharacterModel>): Plan['about'] {
  const { unknowns } = vocabulary.encodeWithUnknowns(values.prime);
  return unknowns.size === 0 ? [] : [['', `the text has no ${unknownCharacters(unknowns)}, as the prime has`]];
}

function split(
  all: TokenArray,
  { identity: { name } }: Text,
  { batch, time, 'validation-fraction': fraction }: TrainValues,
): { readonly tokens: TokenArray; readonly validationTokens: TokenArray | undefined } {
  const { train, validation } = trainValidationSplit(all, { trainFraction: 1 - fraction });
  const needed = batch * time + 1;
  if (train.length < needed) {
    throw new OptionError(
      ['batch', 'time'],
      (named) =>
        `${name} is too short: it has ${count(all.length)} characters, ${count(train.length)} of them to train on, and ` +
        `${named('batch')} ${batch} with ${named('time')} ${time} needs ${count(needed)}. Give more text, or a smaller batch or time.`,
    );
  }
  if (fraction === 0) return { tokens: train, validationTokens: undefined };
  if (validation.length >= 2) return { tokens: train, validationTokens: validation };
  throw new OptionError(
    ['validation-fraction'],
    (named) =>
      `${name} is too short to keep ${fraction} of it to check by. Use ${named('validation-fraction')} 0, or more of it.`,
  );
}
