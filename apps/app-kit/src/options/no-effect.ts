import { UsageError } from '../usage-error.ts';
import { type Given, type GivenText, namedAt, toldAt } from './given.ts';

/** Any value, as long as there is one. */
export const ANY: unique symbol = Symbol('any');

/**
 * Options that do nothing where others have certain values:
 *
 *     { options: ['vector-words'], where: { 'word-vectors': undefined } }    // "--vector-words has no effect without --word-vectors"
 *     { options: ['threads'], where: { backend: 'cpu' } }                    // "… where --backend is cpu"
 *     { options: ['pairs'], where: { corpus: ANY } }                         // "… with --corpus"
 */
export interface NoEffect<Values> {
  readonly options: readonly (keyof Values & string)[];
  /** All of them must be so. */
  readonly where: { readonly [name in keyof Values]?: Values[name] | typeof ANY };
}

/**
 * Refuses what was given for nothing. A settings file may hold it if the command line is the reason: that goes before the file.
 * @throws UsageError naming the option and the reason
 */
export function refuseNoEffect<Values extends object>(
  rules: readonly NoEffect<Values>[],
  given: Given,
  values: Values,
): void {
  for (const { options, where } of rules) {
    const reasons = Object.entries<unknown>(where);
    if (!reasons.every(([name, value]) => isSo((values as Readonly<Record<string, unknown>>)[name], value))) continue;
    const isOfCommandLine = reasons.some(([name]) => given[name]?.from === 'command line');
    for (const name of options) {
      const own = given[name];
      if (!own || !isAsked(own) || own.from === 'run' || (own.from !== 'command line' && isOfCommandLine)) continue;
      const why = reasons.map(([other, value]) => reasonOf(namedAt(own.from, other), value)).join(' and ');
      throw new UsageError(toldAt(own.from, `${namedAt(own.from, name)} has no effect ${why}. Leave it out.`));
    }
  }
}

/** Options of which one is enough. Of two from different places, the command line's counts. */
export interface Alternatives {
  readonly option: string;
  readonly others: readonly string[];
  /** What is said about it: `Choose one.` */
  readonly why: string;
}

/**
 * What was given, without what the command line replaces.
 * @throws UsageError if two alternatives come from the same place
 */
export function withoutReplaced(given: Given, all: readonly Alternatives[]): Given {
  const replaced = new Set<string>();
  for (const { option, others, why } of all) {
    for (const other of others) {
      const [a, b] = [given[option], given[other]];
      if (!a || !b || !isAsked(a) || !isAsked(b)) continue;
      if ((a.from === 'command line') === (b.from === 'command line')) {
        const both = `Both ${namedAt(a.from, option)} and ${namedAt(b.from, other)} are given. ${why}`;
        throw new UsageError(toldAt(b.from, both));
      }
      replaced.add(a.from === 'command line' ? other : option);
    }
  }
  return Object.fromEntries(Object.entries(given).filter(([name]) => !replaced.has(name)));
}

/** A flag may be given as false, which asks for nothing. */
function isAsked({ text }: GivenText): boolean {
  return text !== 'false';
}

function isSo(is: unknown, value: unknown): boolean {
  return value === ANY ? is !== undefined : is === value;
}

function reasonOf(name: string, value: unknown): string {
  if (value === undefined || value === false) return `without ${name}`;
  return value === ANY || value === true
    ? `with ${name}`
    : `where ${name} is ${typeof value === 'string' ? value : JSON.stringify(value)}`;
}
