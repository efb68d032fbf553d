import {
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
  integer,
  intervalOptions,
  minutesOption,
  number,
  path,
  pickOptions,
  runOptionKinds,
  runSeed,
  share,
  words,
} from '@unroll/app-kit/cli';
import { CELLS, type CellName } from '../config.ts';

/** How a model writes. */
export interface SamplingValues {
  readonly temperature: number;
  readonly 'top-k': number | undefined;
  readonly 'top-p': number | undefined;
  readonly prime: string;
}

/** What stays as it is through the whole run. */
export interface FixedValues {
  readonly cell: CellName;
  readonly layers: number;
  readonly hidden: number;
  readonly embedding: number;
  readonly dropout: number;
  readonly batch: number;
  readonly time: number;
  readonly seed: number;
  readonly 'validation-fraction': number;
}

/** What belongs to one call and not to the run. */
export interface CallValues {
  readonly text: string | undefined;
  readonly out: string;
  readonly resume: string | undefined;
  readonly overwrite: boolean;
  readonly config: string | undefined;
  readonly compare: readonly CellName[] | undefined;
}

/** The options of `train`. */
export interface TrainValues extends SamplingValues, FixedValues, BackendValues, CallValues {
  readonly steps: number | undefined;
  readonly minutes: number | undefined;
  readonly 'learning-rate': number;
  readonly clip: number;
  readonly 'validate-every': number;
  readonly 'sample-every': number;
  readonly 'checkpoint-every': number;
}

/** How long a run lasts where nothing is said. */
export const DEFAULT_STEPS = 3000;

export const samplingOptions: OptionsFor<SamplingValues> = {
  temperature: number({
    hint: 'x',
    help: 'below 1 safer, above 1 wilder, 0 always the likeliest character',
    range: 'from 0 on',
    allows: (value) => value >= 0,
    fallback: '0.7',
  }),
  'top-k': integer({ hint: 'n', help: 'choose among the n likeliest characters only', min: 1 }),
  'top-p': number({
    hint: 'p',
    help: 'choose among the fewest characters that have the probability p together',
    range: 'above 0, up to 1',
    allows: (value) => value > 0 && value <= 1,
  }),
  prime: anyText({ hint: 'text', help: 'what the text begins with', fallback: '' }),
};

/** There is nothing to choose where it is always the likeliest character. */
export const samplingNoEffect: readonly NoEffect<SamplingValues>[] = [
  { options: ['top-k', 'top-p'], where: { temperature: 0 } },
];

const fixedOptions: OptionsFor<FixedValues> = {
  cell: choice({ words: Object.keys(CELLS) as CellName[], help: 'kind of recurrent cell', fallback: 'gru' }),
  layers: integer({ hint: 'n', help: 'cells on top of each other', min: 1, max: 64, fallback: '1' }),
  hidden: integer({ hint: 'n', help: 'units of each cell', min: 1, max: 65_536, fallback: '128' }),
  embedding: integer({ hint: 'n', help: 'numbers that describe a character', min: 1, max: 65_536, fallback: '32' }),
  dropout: number({ ...share, help: 'share of outputs dropped after each cell', fallback: '0' }),
  batch: integer({ hint: 'n', help: 'places in the text that are read side by side', min: 1, fallback: '16' }),
  time: integer({ hint: 'n', help: 'characters through which an error is traced back', min: 1, fallback: '64' }),
  seed: runSeed('text'),
  'validation-fraction': number({ ...share, help: 'end of the text, kept to check by', fallback: '0.05' }),
};

const ownCallOptions: OptionsFor<CallValues> = {
  text: path({ hint: 'file', help: 'a UTF-8 text; also without --text. Else: built-in tales' }),
  ...callOptions('char-rnn-model'),
  compare: words({
    words: Object.keys(CELLS) as CellName[],
    least: 2,
    help: 'train a model of each kind of cell side by side, and draw their curves',
  }),
};

export const trainOptions: OptionsFor<TrainValues> = {
  ...ownCallOptions,
  ...fixedOptions,
  ...samplingOptions,
  ...backendOptions,
  steps: integer({ hint: 'n', help: `steps in all [${DEFAULT_STEPS}, unless --minutes is given]`, min: 1 }),
  minutes: minutesOption('steps'),
  ...adamOptions({ learningRate: '0.005', clip: '5' }),
  ...intervalOptions({ validations: '250', samples: '500', checkpoints: '250' }),
};

/** What does nothing beside others. */
export const trainNoEffect: readonly NoEffect<TrainValues>[] = [...samplingNoEffect, ...backendNoEffect];

/** The options in groups, for the help. */
export const trainGroups: Readonly<Record<string, Options>> = {
  Text: pick(['text', 'validation-fraction']),
  Model: pick(['cell', 'compare', 'layers', 'hidden', 'embedding', 'dropout']),
  Training: pick([
    'steps',
    'minutes',
    'batch',
    'time',
    'learning-rate',
    'clip',
    'seed',
    'backend',
    'threads',
    'vectors',
  ]),
  'While it trains': pick([
    'validate-every',
    'sample-every',
    'checkpoint-every',
    'temperature',
    'top-k',
    'top-p',
    'prime',
  ]),
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
