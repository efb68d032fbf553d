import { UsageError } from '../usage-error.ts';
import { nearest } from './nearest.ts';
import { type Given, type Texts, namedAt, toldAt } from './given.ts';
import type { Option, Options, OptionsFor } from './kinds.ts';
import { type NoEffect, refuseNoEffect } from './no-effect.ts';

/** What a command line says, taken apart but not yet understood. */
export interface ParsedArguments {
  readonly _: readonly string[];
  readonly [name: string]: unknown;
}

/**
 * The texts of the options that were given. Arguments without a name count as the options `positionals`, in order.
 * @throws UsageError for what no option is called, a missing value, or too many arguments
 */
export function givenTexts(args: ParsedArguments, options: Options, positionals: readonly string[]): Texts {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(args)) {
    // The parser repeats learning-rate as learningRate.
    if (name === '_' || value === undefined || (kebab(name) !== name && Object.hasOwn(args, kebab(name)))) continue;
    const option = options[name];
    if (!option) throw unknownOption(name, Object.keys(options));
    given[name] = textOf(name, value, option.hint);
  }
  if (args._.length === 0) return given;
  if (positionals.length === 0) throw new UsageError(`Unexpected argument: ${args._[0]}`);
  const more = args._[positionals.length];
  if (more !== undefined) throw new UsageError(`One argument too many: ${more}. Put text with spaces into quotes.`);
  for (const [i, text] of args._.entries()) {
    const name = positionals[i]!;
    if (Object.hasOwn(given, name)) {
      throw new UsageError(`Both ${text} and --${name} ${given[name]} are given; one is enough.`);
    }
    given[name] = text;
  }
  return given;
}

/**
 * The values of all options: what was given, else the fallback.
 * @throws UsageError naming the option and what would do; for one that has no effect
 */
export function readOptions<Values extends object>(
  options: OptionsFor<Values>,
  given: Given,
  noEffect: readonly NoEffect<NoInfer<Values>>[] = [],
): Values {
  const entries = Object.entries<Option<unknown>>(options).map(([name, option]) => {
    const text = Object.hasOwn(given, name) ? given[name]!.text : option.fallback;
    if (text === undefined) return [name, undefined];
    try {
      return [name, option.read(text)];
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const from = given[name]?.from ?? 'run';
      const message = `${namedAt(from, name)} is ${text === '' ? 'empty' : text}: ${error.message}.`;
      throw new UsageError(toldAt(from, message), { cause: error });
    }
  });
  const values = Object.fromEntries(entries) as Values;
  refuseNoEffect(noEffect, given, values);
  return values;
}

function textOf(name: string, value: unknown, hint: string): string {
  if (hint === '') return String(value);
  if (value === false) throw new UsageError(`There is no option --no-${name}.`);
  const text = String(value);
  // What looks like the next option was not meant as this one's value; a text may begin as it likes.
  if (hint !== 'text' && text.startsWith('--')) throw new UsageError(`--${name} needs a value: --${name} <${hint}>.`);
  if (hint !== 'text' && text === '') throw new UsageError(`--${name} needs a value: --${name} <${hint}>.`);
  return text;
}

function unknownOption(name: string, known: readonly string[]): UsageError {
  const guess = nearest(kebab(name), known);
  const dashes = name.length === 1 ? '-' : '--';
  return new UsageError(
    `There is no option ${dashes}${name}.${guess === undefined ? '' : ` Did you mean --${guess}?`}`,
  );
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
