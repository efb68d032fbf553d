import { configOption } from '../config/config-file.ts';
import { type Option, type Options, type OptionsFor, flag, integer, number, path } from '../options/kinds.ts';
import type { RunOptionKinds } from '../run-options.ts';
import type { RunValues } from './trainer.ts';

/** What a `number` from 0 on, below 1 is described by. */
export const share: {
  readonly hint: 'x';
  readonly range: 'from 0, below 1';
  readonly allows: (value: number) => boolean;
} = { hint: 'x', range: 'from 0, below 1', allows: (value) => value >= 0 && value < 1 };

/** What a `number` above 0 is described by. */
export const positive: {
  readonly hint: 'x';
  readonly range: 'above 0';
  readonly allows: (value: number) => boolean;
} = { hint: 'x', range: 'above 0', allows: (value) => value > 0 };

/** The options of a run that belong to one call: where it goes, and what it goes on with. `folder` is the usual one. */
export function callOptions(
  folder: string,
): OptionsFor<Pick<RunValues, 'out' | 'resume' | 'overwrite'>> & { readonly config: typeof configOption } {
  return {
    out: path({ hint: 'folder', help: 'where model and checkpoint go', fallback: folder }),
    resume: path({ hint: 'folder', help: 'go on with the run in this folder' }),
    overwrite: flag('replace a model that is in the folder'),
    // `runProgram` reads the file: what reaches the command are the options of both.
    config: configOption,
  };
}

/** By what chance a model begins and is trained; `data` in a word: text. */
export function runSeed(data: string): Option<number> {
  return integer({
    hint: 'n',
    help: `the same seed, ${data} and options give the same model`,
    min: Number.MIN_SAFE_INTEGER,
    fallback: '1',
  });
}

/** A limit in time; `other` is the limit in steps or epochs. */
export function minutesOption(other: string): Option<number | undefined> {
  return number({ ...positive, help: `time in all; with --${other}, whichever ends first` });
}

/** The options of Adam as every app has it, with the app's own defaults. */
export function adamOptions(
  usual: { readonly learningRate: string; readonly clip: string },
  rate = 'the highest rate of Adam; it falls to a twentieth',
): { readonly 'learning-rate': Option<number>; readonly clip: Option<number> } {
  return {
    'learning-rate': number({ ...positive, help: rate, fallback: usual.learningRate }),
    clip: number({ ...positive, help: 'largest norm of the gradient', fallback: usual.clip }),
  };
}

/** Steps between what happens now and then, with the app's own defaults. */
export function intervalOptions(usual: {
  readonly validations: string;
  readonly samples: string;
  readonly checkpoints: string;
}): { readonly [name in 'validate-every' | 'sample-every' | 'checkpoint-every']: Option<number> } {
  const every = (what: string, fallback: string): Option<number> =>
    integer({ hint: 'n', help: `steps between ${what}`, min: 1, fallback });
  return {
    'validate-every': every('validations, and lines where there is no terminal', usual.validations),
    'sample-every': every('samples', usual.samples),
    'checkpoint-every': every('checkpoints', usual.checkpoints),
  };
}

/** Some of the options, for a group of the help. */
export function pickOptions<Name extends string>(
  all: Readonly<Record<Name, Option<unknown>>>,
  names: readonly Name[],
): Options {
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}

/** What a run keeps, and what may change when it goes on. `limit` is the name of its limit besides `minutes`. */
export function runOptionKinds(options: {
  readonly all: Options;
  readonly fixed: Options;
  readonly call: Options;
  readonly limit: string;
  readonly usualLimit: number;
}): RunOptionKinds {
  const { all, fixed, call, limit, usualLimit } = options;
  return {
    all,
    fixed: Object.keys(fixed),
    call: Object.keys(call),
    limits: [limit, 'minutes'],
    defaultLimit: { [limit]: String(usualLimit) },
  };
}
