import {
  ANY,
  type BackendValues,
  type NoEffect,
  type Options,
  type OptionsFor,
  type RunOptionKinds,
  adamOptions,
  anyText,
  backendNoEffect,
  backendOptions,
  callOptions,
  choice,
  flag,
  integer,
  intervalOptions,
  minutesOption,
  number,
  path,
  pickOptions,
  runOptionKinds,
  runSeed,
  share,
} from '@unroll/app-kit/cli';
import { ATTENTIONS, type AttentionName, CELLS, type CellName } from '../config.ts';
import { CUTS, type CutName } from '../text/cuts.ts';
import { type CorpusValues, corpusOptions } from './corpus.ts';

/** How texts become tokens. */
export interface TokenValues {
  readonly tokens: CutName;
  readonly lowercase: boolean;
  readonly 'min-frequency': number;
  readonly 'source-tokenizer': string | undefined;
  readonly 'target-tokenizer': string | undefined;
  readonly 'max-tokens': number;
}

/** What stays as it is through the whole run. */
export interface FixedValues extends TokenValues {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly pairs: number;
  readonly cell: CellName;
  readonly attention: AttentionName;
  readonly layers: number;
  readonly hidden: number;
  readonly embedding: number;
  readonly dropout: number;
  readonly tied: boolean;
  readonly batch: number;
  readonly seed: number;
}

/** What belongs to one call and not to the run. */
export interface CallValues extends CorpusValues {
  readonly validation: string | undefined;
  readonly 'validation-source': string | undefined;
  readonly 'validation-target': string | undefined;
  readonly out: string;
  readonly resume: string | undefined;
  readonly overwrite: boolean;
  readonly config: string | undefined;
}

/** The options of `train`. */
export interface TrainValues extends FixedValues, BackendValues, CallValues {
  readonly steps: number | undefined;
  readonly minutes: number | undefined;
  readonly 'learning-rate': number;
  readonly clip: number;
  readonly 'label-smoothing': number;
  readonly 'validate-every': number;
  readonly 'sample-every': number;
  readonly 'checkpoint-every': number;
}

/** How long a run lasts where nothing is said. */
const DEFAULT_STEPS = 3000;

/** Which languages the built-in data are of where nothing is said. Of own data nobody knows it then. */
export const USUAL_LANGUAGES: { readonly from: string; readonly to: string } = { from: 'en', to: 'fr' };

/** Which languages the data are of. */
export const languageOptions: OptionsFor<Pick<FixedValues, 'from' | 'to' | 'pairs'>> = {
  from: anyText({ hint: 'tag', help: `language of the source [${USUAL_LANGUAGES.from} of built-in data]` }),
  to: anyText({ hint: 'tag', help: `language of the target [${USUAL_LANGUAGES.to} of built-in data]` }),
  pairs: integer({ hint: 'n', help: 'built-in pairs, where no corpus is given', min: 100, fallback: '20000' }),
};

const fixedOptions: OptionsFor<FixedValues> = {
  ...languageOptions,
  tokens: choice({
    words: Object.keys(CUTS) as CutName[],
    help: 'pieces: words, digits, signs; words: what stands between spaces',
    fallback: 'pieces',
  }),
  lowercase: flag('read and write lower case only'),
  'min-frequency': integer({ hint: 'n', help: 'tokens that occur less often are unknown', min: 1, fallback: '1' }),
  'source-tokenizer': path({ hint: 'file', help: 'tokenizer.json of a trained subword tokenizer, for the source' }),
  'target-tokenizer': path({ hint: 'file', help: 'the same for the target' }),
  'max-tokens': integer({ hint: 'n', help: 'leave out pairs with a longer side', min: 1, fallback: '80' }),
  cell: choice({ words: Object.keys(CELLS) as CellName[], help: 'kind of recurrent cell', fallback: 'gru' }),
  attention: choice({
    words: Object.keys(ATTENTIONS) as AttentionName[],
    help: 'how the decoder looks at the source; none is --no-attention',
    fallback: 'additive',
  }),
  layers: integer({ hint: 'n', help: 'of the encoder, on top of each other', min: 1, max: 64, fallback: '1' }),
  hidden: integer({ hint: 'n', help: 'units of each direction of the encoder', min: 1, max: 65_536, fallback: '64' }),
  embedding: integer({ hint: 'n', help: 'numbers that describe a token', min: 1, max: 65_536, fallback: '64' }),
  dropout: number({
    ...share,
    help: 'share of embeddings and outputs dropped',
    fallback: '0.1',
  }),
  tied: flag('write tokens by the table that reads them; the model gets smaller'),
  batch: integer({ hint: 'n', help: 'pairs of a step', min: 1, fallback: '32' }),
  seed: runSeed('data'),
};

const ownCallOptions: OptionsFor<CallValues> = {
  ...corpusOptions,
  validation: path({ hint: 'file', help: 'a corpus to check by, with the same columns [a twentieth of the corpus]' }),
  'validation-source': path({ hint: 'file', help: 'or as two files with a sentence on each line' }),
  'validation-target': path({ hint: 'file', help: 'its translations' }),
  ...callOptions('translator-model'),
};

export const trainOptions: OptionsFor<TrainValues> = {
  ...ownCallOptions,
  ...fixedOptions,
  ...backendOptions,
  steps: integer({ hint: 'n', help: `steps in all [${DEFAULT_STEPS}, unless --minutes is given]`, min: 1 }),
  minutes: minutesOption('steps'),
  ...adamOptions({ learningRate: '0.004', clip: '1' }),
  'label-smoothing': number({
    ...share,
    help: 'share of the probability that every token gets a part of',
    fallback: '0',
  }),
  ...intervalOptions({ validations: '250', samples: '500', checkpoints: '500' }),
};

/** What does nothing beside others. */
export const trainNoEffect: readonly NoEffect<TrainValues>[] = [
  ...backendNoEffect,
  { options: ['pairs'], where: { corpus: ANY } },
  { options: ['pairs'], where: { source: ANY } },
  { options: ['columns'], where: { corpus: undefined, validation: undefined } },
  { options: ['tokens', 'min-frequency'], where: { 'source-tokenizer': ANY, 'target-tokenizer': ANY } },
];

/** The same in groups, for the help. */
export const trainGroups: Readonly<Record<string, Options>> = {
  Languages: pick(['from', 'to']),
  'Built-in data': pick(['pairs']),
  'Own data': pick([
    ...(Object.keys(corpusOptions) as (keyof CorpusValues)[]),
    'validation',
    'validation-source',
    'validation-target',
  ]),
  Tokens: pick(['tokens', 'lowercase', 'min-frequency', 'source-tokenizer', 'target-tokenizer', 'max-tokens']),
  Model: pick(['attention', 'cell', 'layers', 'hidden', 'embedding', 'tied', 'dropout']),
  Training: pick([
    'steps',
    'minutes',
    'batch',
    'learning-rate',
    'clip',
    'label-smoothing',
    'seed',
    'backend',
    'threads',
    'vectors',
  ]),
  'While it trains': pick(['validate-every', 'sample-every', 'checkpoint-every']),
  Result: pick(['out', 'resume', 'overwrite']),
  Settings: pick(['config']),
};

/** What a run keeps, and what may change when it goes on. */
export const RUN_OPTIONS: RunOptionKinds = runOptionKinds({
  all: trainOptions,
  fixed: fixedOptions,
  call: ownCallOptions,
  limit: 'steps',
  usualLimit: DEFAULT_STEPS,
});

function pick(names: readonly (keyof TrainValues)[]): Options {
  return pickOptions(trainOptions, names);
}
