import { parseArgs } from 'node:util';

/** What follows the name of a proof, as texts by name. A mistake in it ends the program with code 2. */
export function argumentsOf(args: readonly string[], names: readonly string[]): Readonly<Record<string, string>> {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' } as const]));
  try {
    return parseArgs({ args: [...args], options }).values as Readonly<Record<string, string>>;
  } catch (error) {
    return fail((error as Error).message);
  }
}

/** The runs that `--run` names, all without it. */
export function runsOf({ run }: Readonly<Record<string, string>>, known: readonly string[]): readonly string[] {
  const names = run?.split(',') ?? known;
  for (const name of names) if (!known.includes(name)) fail(`--run ${name}: there are ${known.join(', ')}.`);
  return names;
}

/** An integer from 1 on. */
export function integerOf(given: Readonly<Record<string, string>>, name: string, fallback: number): number {
  const text = given[name] ?? String(fallback);
  return /^[1-9]\d*$/.test(text) ? Number(text) : fail(`--${name} ${text}: an integer from 1 on is needed.`);
}

function fail(message: string): never {
  console.error(message);
  return process.exit(2);
}
