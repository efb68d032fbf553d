import { UsageError } from '../usage-error.ts';

/** What may be given on the command line as `--name value`. */
export interface Option<Value> {
  /** What stands for the value in the help: `n`, `file`. Empty for a flag, which takes none. */
  readonly hint: string;
  readonly help: string;
  /** What it is in a settings file: a JSON number, true or false, a text in quotes, or one of some words, which may be a number. */
  readonly json: 'number' | 'boolean' | 'text' | 'word';
  /** What is read where nothing is given. Default: nothing. */
  readonly fallback: string | undefined;
  /** @throws UsageError saying what would do: "give an integer from 1 on" */
  read(text: string): Value;
}

/** Options by name. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** The options whose values these are. */
export type OptionsFor<Values> = { readonly [name in keyof Values]: Option<Values[name]> };

interface Described<Fallback extends string | undefined> {
  readonly hint: string;
  readonly help: string;
  readonly fallback?: Fallback;
}

/** Without a fallback there may be no value. */
type Read<Value, Fallback> = Option<Fallback extends string ? Value : Value | undefined>;

function option<Value, Fallback extends string | undefined>(
  { hint, help, fallback }: Described<Fallback>,
  read: (text: string) => Value,
  json: Option<Value>['json'] = 'text',
): Option<Value> {
  return { hint, help, json, fallback, read };
}

/** An integer in a range. */
export function integer<Fallback extends string | undefined = undefined>(
  described: Described<Fallback> & { readonly min: number; readonly max?: number },
): Read<number, Fallback> {
  const { min, max = Number.MAX_SAFE_INTEGER } = described;
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} on` : `from ${min} to ${max}`;
  const read = (text: string): number => {
    const value = numberIn(text);
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw new UsageError(`give an integer ${range}`);
  };
  return option(described, read, 'number');
}

/** Any finite number that passes a test. */
export function number<Fallback extends string | undefined = undefined>(
  described: Described<Fallback> & { readonly range: string; readonly allows: (value: number) => boolean },
): Read<number, Fallback> {
  const read = (text: string): number => {
    const value = numberIn(text);
    if (Number.isFinite(value) && described.allows(value)) return value;
    throw new UsageError(`give a number ${described.range}`);
  };
  return option(described, read, 'number');
}

/** One of some words. */
export function choice<Word extends string, Fallback extends Word | undefined = undefined>(
  described: Omit<Described<Fallback>, 'hint'> & { readonly words: readonly Word[] },
): Read<Word, Fallback> {
  const { words } = described;
  const read = (text: string): Word => {
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    throw new UsageError(`give ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`);
  };
  return option({ ...described, hint: words.join('|') }, read, 'word');
}

/** Some of some words, each once, with commas between. */
export function words<Word extends string>(
  described: Omit<Described<undefined>, 'hint'> & { readonly words: readonly Word[]; readonly least: number },
): Option<readonly Word[] | undefined> {
  const { words: known, least } = described;
  return option({ ...described, hint: known.join(',') }, (text) => {
    const given = text.split(',').map((each) => each.trim());
    const found = given.flatMap((each) => known.filter((word) => word === each));
    if (found.length === given.length && new Set(found).size === found.length && found.length >= least) return found;
    throw new UsageError(`give at least ${least} of ${known.join(', ')}, with commas between`);
  });
}

/** Any text, also an empty one. */
export function anyText<Fallback extends string | undefined = undefined>(
  described: Described<Fallback>,
): Read<string, Fallback> {
  return option(described, (text) => text);
}

/** A file or folder; with `endings`, a file of one of them: `.svg`. */
export function path<Fallback extends string | undefined = undefined>(
  described: Described<Fallback> & { readonly endings?: readonly string[] },
): Read<string, Fallback> {
  const { hint, endings } = described;
  return option(described, (text) => {
    if (text === '') throw new UsageError(`give a ${hint}`);
    if (!endings || endings.some((ending) => text.endsWith(ending))) return text;
    throw new UsageError(`give a file that ends in ${endings.join(' or ')}`);
  });
}

/** True where it is given. */
export function flag(help: string): Option<boolean> {
  return {
    hint: '',
    help,
    json: 'boolean',
    fallback: 'false',
    read(text) {
      if (text === 'true' || text === 'false') return text === 'true';
      throw new UsageError('it takes no value');
    },
  };
}

function numberIn(text: string): number {
  // Number() alone would take '' and '0x10' too.
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
}
