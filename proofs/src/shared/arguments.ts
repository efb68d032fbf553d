import { parseArgs } from 'node:util';
import { renderUsage } from 'citty';

/** What can be said of an option, by its name. All options take a text. */
export type Options = Readonly<Record<string, string>>;

/** A proof at the command line. */
export interface CommandLine {
  /** `pnpm soak`. */
  readonly name: string;
  readonly description: string;
  /** Default: none. */
  readonly options?: Options;
}

/**
 * What follows the name of a proof, as texts by the names of its options. With `--help` that is told, and the program ends; a mistake
 * in it ends the program with code 2.
 */
export async function argumentsOf(
  { name, description, options = {} }: CommandLine,
  args: readonly string[] = process.argv.slice(2),
): Promise<Readonly<Record<string, string>>> {
  const known = Object.entries(options);
  if (args.includes('--help') || args.includes('-h')) {
    const usage = Object.fromEntries(
      known.map(([option, about]) => [option, { type: 'string', description: about }] as const),
    );
    console.log(await renderUsage({ meta: { name, description }, args: usage }));
    return process.exit(0);
  }
  try {
    const texts = Object.fromEntries(known.map(([option]) => [option, { type: 'string' }] as const));
    return parseArgs({ args: [...args], options: texts }).values as Readonly<Record<string, string>>;
  } catch (error) {
    // What the parser says further is for programs with positional arguments.
    const [problem] = (error as Error).message.split(/\.\s|\n/, 1);
    const are =
      known.length === 0
        ? 'There are no options'
        : `The options are ${known.map(([option]) => `--${option}`).join(', ')}`;
    return fail(`${problem}. ${are}; --help tells more.`);
  }
}

/** The names that an option holds, with commas between, of the known ones: all without it. */
export function namesOf(
  given: Readonly<Record<string, string>>,
  option: string,
  known: readonly string[],
): readonly string[] {
  const names = given[option]?.split(',') ?? known;
  for (const name of names) if (!known.includes(name)) fail(`--${option} ${name}: there are ${known.join(', ')}.`);
  return names;
}

/** An integer from 1 on. */
export function integerOf(given: Readonly<Record<string, string>>, name: string, fallback: number): number {
  const text = given[name] ?? String(fallback);
  return /^[1-9]\d*$/.test(text) ? Number(text) : fail(`--${name} ${text}: an integer from 1 on is needed.`);
}

/** Ends the program because of a mistake in its command line. */
export function fail(message: string): never {
  console.error(message);
  return process.exit(2);
}
