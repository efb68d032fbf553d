import {
  ANY,
  type BackendValues,
  type NoEffect,
  type Options,
  type OptionsFor,
  type RunOptionKinds,
  adamOptions,
  backendNoEffect,
  backendOptions,
  callOptions,
  choice,
  flag,
  integer,
  minutesOption,
  number,
  path,
  pickOptions,
  runOptionKinds,
  runSeed,
  share,
} from '@unroll/app-kit/cli';
import { DEFAULT_CONFIG, type TaggerConfig } from '../config.ts';
import { type FormatValues, formatNoEffect, formatOptions } from './data-file.ts';

/** What stays as it is through the whole run. */
export interface FixedValues extends FormatValues {
  readonly validation: string | undefined;
  readonly 'validation-fraction': number;
  readonly 'min-frequency': number;
  readonly crf: boolean;
  readonly direction: TaggerConfig['direction'];
  readonly scheme: 'as-is' | 'bio' | 'bioes';
  readonly 'word-embedding': number;
  readonly 'word-vectors': string | undefined;
  readonly 'vector-words': number;
  readonly 'character-embedding': number;
  readonly 'character-model': TaggerConfig['characterModel'];
  readonly characters: number;
  readonly 'character-width': number;
  readonly hidden: number;
  readonly layers: number;
  readonly dropout: number;
  readonly 'locked-dropout': number;
  readonly 'word-dropout': number;
  readonly batch: number;
  readonly seed: number;
}

/** What belongs to one call and not to the run. */
export interface CallValues {
  readonly data: string | undefined;
  readonly out: string;
  readonly resume: string | undefined;
  readonly overwrite: boolean;
  readonly config: string | undefined;
}

/** The options of `train`. */
export interface TrainValues extends FixedValues, CallValues, BackendValues {
  readonly epochs: number | undefined;
  readonly minutes: number | undefined;
  readonly 'learning-rate': number;
  readonly schedule: 'cosine' | 'constant';
  readonly clip: number;
  readonly 'validate-every': number | undefined;
}

/** How long a run lasts where nothing is said. */
const DEFAULT_EPOCHS = 5;

const size = { hint: 'n', min: 1, max: 65_536 };

const fixedOptions: OptionsFor<FixedValues> = {
  ...formatOptions,
  validation: path({ hint: 'file', help: 'sentences to check by; else some of the data are kept for that' }),
  'validation-fraction': number({ ...share, help: 'how many are kept, by chance', fallback: '0.1' }),
  'min-frequency': integer({ hint: 'n', help: 'rarer words count as unknown', min: 1, fallback: '2' }),
  crf: flag('choose the tags of a sentence together'),
  direction: choice({ words: ['both', 'forward'], help: 'from where sentences are read', fallback: 'both' }),
  scheme: choice({
    words: ['as-is', 'bio', 'bioes'],
    help: 'how spans are learned and tagged: as in the data, or rewritten',
    fallback: 'as-is',
  }),
  'word-embedding': integer({ ...size, help: 'numbers that describe a word', fallback: text('wordEmbedding') }),
  'word-vectors': path({
    hint: 'file',
    help: 'GloVe or word2vec vectors in text for words to begin with; they set the size, too',
  }),
  'vector-words': integer({
    hint: 'n',
    help: 'words at the top of that file that are known besides those of the data',
    min: 0,
    fallback: '20000',
  }),
  'character-embedding': integer({
    ...size,
    help: 'numbers that describe a character',
    fallback: text('characterEmbedding'),
  }),
  'character-model': choice({
    words: ['lstm', 'cnn'],
    help: 'what reads the characters of a word: an LSTM from both sides, or filters over a few neighbours',
    fallback: DEFAULT_CONFIG.characterModel,
  }),
  characters: integer({
    ...size,
    min: 0,
    help: 'units of that, each way, or filters; 0: words are not spelled',
    fallback: text('characterHidden'),
  }),
  'character-width': integer({
    ...size,
    max: 64,
    help: 'neighbours that a filter sees',
    fallback: text('characterWidth'),
  }),
  hidden: integer({ ...size, help: 'units that read a sentence, each way', fallback: text('hidden') }),
  layers: integer({ ...size, max: 64, help: 'layers of them', fallback: text('layers') }),
  dropout: number({
    ...share,
    help: 'share of single numbers dropped before and after them',
    fallback: text('dropout'),
  }),
  'locked-dropout': number({
    ...share,
    help: 'share of features dropped there, in a whole sentence each',
    fallback: text('lockedDropout'),
  }),
  'word-dropout': number({
    ...share,
    help: 'share of words that count as unknown while training',
    fallback: text('wordDropout'),
  }),
  batch: integer({ hint: 'n', help: 'sentences in a step', min: 1, fallback: '32' }),
  seed: runSeed('data'),
};

const ownCallOptions: OptionsFor<CallValues> = {
  data: path({ hint: 'file', help: 'sentences with tags; also without --data. Else: built-in English' }),
  ...callOptions('tagger-model'),
};

export const trainOptions: OptionsFor<TrainValues> = {
  ...ownCallOptions,
  ...fixedOptions,
  ...backendOptions,
  epochs: integer({
    hint: 'n',
    help: `times that the data are read [${DEFAULT_EPOCHS}, unless --minutes is given]`,
    min: 1,
  }),
  minutes: minutesOption('epochs'),
  ...adamOptions({ learningRate: '0.002', clip: '5' }, 'the highest rate of Adam'),
  schedule: choice({
    words: ['cosine', 'constant'],
    help: 'cosine: the rate falls to a twentieth',
    fallback: 'cosine',
  }),
  'validate-every': integer({ hint: 'n', help: 'steps between validations and checkpoints [an epoch]', min: 1 }),
};

/** What does nothing beside others. */
export const trainNoEffect: readonly NoEffect<TrainValues>[] = [
  ...formatNoEffect,
  ...backendNoEffect,
  { options: ['format', 'word-column', 'tag-column'], where: { data: undefined, validation: undefined } },
  { options: ['validation-fraction'], where: { validation: ANY } },
  { options: ['validation-fraction'], where: { data: undefined } },
  { options: ['word-embedding'], where: { 'word-vectors': ANY } },
  { options: ['vector-words'], where: { 'word-vectors': undefined } },
  { options: ['character-embedding', 'character-model', 'character-width'], where: { characters: 0 } },
  { options: ['character-width'], where: { 'character-model': 'lstm' } },
];

/** What a run keeps, and what may change when it goes on. */
export const RUN_OPTIONS: RunOptionKinds = runOptionKinds({
  all: trainOptions,
  fixed: fixedOptions,
  call: ownCallOptions,
  limit: 'epochs',
  usualLimit: DEFAULT_EPOCHS,
});

/** The same in groups, for the help. */
export const trainGroups: Readonly<Record<string, Options>> = {
  Data: pick(['data', 'format', 'word-column', 'tag-column', 'validation', 'validation-fraction', 'min-frequency']),
  Model: pick([
    ...([
      'crf',
      'scheme',
      'direction',
      'word-embedding',
      'word-vectors',
      'vector-words',
      'character-embedding',
    ] as const),
    ...(['character-model', 'characters', 'character-width', 'hidden', 'layers'] as const),
    ...(['dropout', 'locked-dropout', 'word-dropout'] as const),
  ]),
  Training: pick([
    ...([
      'epochs',
      'minutes',
      'batch',
      'learning-rate',
      'schedule',
      'clip',
      'seed',
      'backend',
      'threads',
      'vectors',
    ] as const),
    'validate-every',
  ]),
  Result: pick(['out', 'resume', 'overwrite']),
  Settings: pick(['config']),
};

function text(name: keyof TaggerConfig): string {
  return String(DEFAULT_CONFIG[name]);
}

function pick(names: readonly (keyof TrainValues)[]): Options {
  return pickOptions(trainOptions, names);
}
