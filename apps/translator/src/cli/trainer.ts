import {
  type Measure,
  OptionError,
  type Picture,
  type Plan,
  type Run,
  type Trainer,
  count,
  modelSize,
} from '@unroll/app-kit/cli';
import { alignmentSvg } from '../alignment.ts';
import { type EncodedPair, encodePair } from '../batch.ts';
import { type Translator, type TranslatorConfig, buildTranslator } from '../config.ts';
import { PackedPairs } from '../corpus/packed-pairs.ts';
import { TRANSLATOR_FORMAT } from '../model-file.ts';
import type { Pair } from '../pairs/pair.ts';
import { train } from '../train.ts';
import { translate } from '../translate.ts';
import { type PairData, readPairData } from './pair-data.ts';
import { sidesOf } from './tokens.ts';
import { RUN_OPTIONS, type TrainValues, trainNoEffect, trainOptions } from './train-options.ts';

type TranslatorRun = Run<TrainValues, PairData, Translator>;

/** Sources that are translated while it trains, and of those with attention, drawn in the report. */
const SAMPLES = 4;

/** The most tokens of a sample that is drawn. */
const DRAWN_LENGTH = 40;

const PAIRS: Measure = {
  unit: 'pairs',
  describe: (nats) => `${nats.toFixed(4)} nats per token, perplexity ${Math.exp(nats).toFixed(3)}`,
  brief: (nats) => `perplexity ${Math.exp(nats).toFixed(3)}`,
  lossName: 'nats per token',
};

/** How the translator trains: all that is not as in every app. */
export const TRAINER: Trainer<TrainValues, PairData, Translator> = {
  format: TRANSLATOR_FORMAT,
  options: trainOptions,
  kinds: RUN_OPTIONS,
  noEffect: trainNoEffect,
  readData: readPairData,
  stepsOf: ({ steps }) => steps,
  async newModel(values, data, rng) {
    const { cell, attention, layers, hidden: hiddenSize, embedding: embeddingSize, dropout, tied } = values;
    if (tied && attention === 'none' && embeddingSize !== 2 * hiddenSize) {
      throw new OptionError(
        ['tied', 'embedding', 'hidden', 'attention'],
        (named) =>
          `${named('tied')} without attention needs embeddings as wide as the decoder: ${named('embedding')} ${2 * hiddenSize}.`,
      );
    }
    const sides = await sidesOf(() => data.train('Counting tokens'), values);
    const config = { ...data.languages, cell, attention, layers, hiddenSize, embeddingSize, dropout, tied };
    return buildTranslator(config, { ...sides, rng });
  },
  plan,
};

async function plan(run: TranslatorRun): Promise<Plan> {
  const { values, data, model: translator, budget } = run;
  const pairs = new PackedPairs({ size: Math.max(translator.source.size, translator.target.size) });
  let leftOut = 0;
  for await (const pair of data.train('Encoding pairs')) {
    const encoded = encodedIfShort(pair, run);
    if (encoded) pairs.add(encoded);
    else leftOut++;
  }
  if (pairs.length === 0) {
    const { name } = data.identity;
    throw new OptionError(
      ['max-tokens'],
      (named) =>
        `${name}: there is no pair to train on with at most ${values['max-tokens']} tokens a side (${named('max-tokens')}).`,
    );
  }
  const validation = data.validation.filter((pair) => encodedIfShort(pair, run));
  const samples = await samplesOf(data);
  const passes = ((budget.steps ?? 0) * values.batch) / pairs.length;
  return {
    about: aboutOf(run, { learned: pairs.length, checked: validation.length, leftOut }),
    aboutSteps: `${values.batch} pairs each step${passes > 0 ? `: ${passes.toFixed(1)} times the data` : ''}`,
    measure: PAIRS,
    unitsPerStep: values.batch,
    lineEvery: values['validate-every'],
    checkpointEvery: values['checkpoint-every'],
    train: (parts) =>
      train({
        ...parts,
        translator,
        pairs,
        batch: values.batch,
        budget,
        learningRate: values['learning-rate'],
        clipNorm: values.clip,
        labelSmoothing: values['label-smoothing'],
        validation: validation.length === 0 ? undefined : { pairs: validation, every: values['validate-every'] },
        samples: { pairs: samples, every: values['sample-every'] },
      }),
    pictures: () => picturesOf(translator, samples),
  };
}

/** Undefined if a side of it is longer than is learned from. */
function encodedIfShort(pair: Pair, { model: translator, values }: TranslatorRun): EncodedPair | undefined {
  const most = values['max-tokens'];
  const encoded = encodePair(translator, pair);
  return encoded.source.length <= most + 1 && encoded.target.length <= most ? encoded : undefined;
}

/** Pairs of different sources, where there are any that are not learned from of those. */
async function samplesOf({ validation, train }: PairData): Promise<readonly Pair[]> {
  const bySource = new Map<string, Pair>();
  for await (const pair of validation.length === 0 ? train('Looking for samples') : validation) {
    bySource.set(pair.source, bySource.get(pair.source) ?? pair);
    if (bySource.size === SAMPLES) break;
  }
  return [...bySource.values()];
}

function aboutOf(
  { values, data: { identity, counts }, model: { config, model, source, target } }: TranslatorRun,
  { learned, checked, leftOut }: { readonly learned: number; readonly checked: number; readonly leftOut: number },
): Plan['about'] {
  const attention = config.attention === 'none' ? 'no' : config.attention;
  const unchecked = counts.validation > checked ? ` of ${count(counts.validation)}` : '';
  return [
    [
      'Data',
      `${identity.name}${languagesOf(config)}: ${count(learned)} to learn, ` +
        `${count(checked)}${unchecked} to check by, ${count(counts.test)} kept for eval`,
    ],
    ...(leftOut > 0
      ? [['', `${count(leftOut)} longer than ${values['max-tokens']} tokens are left out`] as const]
      : []),
    ['', `${count(source.size)} and ${count(target.size)} different tokens`],
    [
      'Model',
      `encoder of 2 × ${config.hiddenSize} ${config.cell} units, ${attention} attention: ${count(modelSize(model))} parameters`,
    ],
  ];
}

/** `, en to fr`: as far as it is known. */
function languagesOf({ from, to }: TranslatorConfig): string {
  if (from !== undefined && to !== undefined) return `, ${from} to ${to}`;
  if (from !== undefined) return `, from ${from}`;
  return to === undefined ? '' : `, to ${to}`;
}

/** Where the model looks while it translates the samples. */
async function picturesOf(translator: Translator, samples: readonly Pair[]): Promise<readonly Picture[]> {
  const texts = samples.map(({ source }) => source);
  const found = await translate({ translator, texts, maxLength: DRAWN_LENGTH });
  return found.flatMap(({ source, text, alignment }, i) =>
    alignment
      ? [
          {
            title: source,
            svg: alignmentSvg(alignment, `${source} → ${text}`),
            caption: `Where the decoder looked for each token that it wrote. The reference: ${samples[i]!.target}`,
          },
        ]
      : [],
  );
}
