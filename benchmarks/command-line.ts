import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type CommandDef, type ParsedArgs, defineCommand } from 'citty';
import type { WorkloadName } from './contestants/workloads.ts';
import { IMPLEMENTATIONS } from './implementations.ts';

/** What can be measured: workloads, and the other parts of the page. */
export type Part = WorkloadName | MeasurementName;

/** A file of `measurements/` each. */
export type MeasurementName = 'threads' | 'busy' | 'gemm' | 'length' | 'cells' | 'overhead' | 'first-call' | 'bundle';

export const PARTS: readonly Part[] = [
  ...(['W1', 'W2', 'W3', 'W4'] as const),
  ...(['threads', 'busy', 'gemm', 'length', 'cells', 'overhead', 'first-call', 'bundle'] as const),
];

/** What is asked for. */
export interface Request {
  readonly only: ReadonlySet<Part>;
  /** Names of `IMPLEMENTATIONS`. */
  readonly impl: ReadonlySet<string>;
  readonly json: boolean;
  readonly rounds: number;
  readonly steps: number | undefined;
  readonly ceiling: string;
  readonly node: string;
  /** Where the page goes; undefined: to the terminal. */
  readonly page: string | undefined;
}

const names = IMPLEMENTATIONS.map(({ name }) => name);

const options = {
  only: { type: 'string', description: `What to measure, with commas between: ${PARTS.join(', ')}. Default: all.` },
  impl: { type: 'string', description: `Who takes part in W1 to W4: ${names.join(', ')}. Default: all.` },
  json: { type: 'boolean', description: 'Print one JSON line per row, and write no page.' },
  rounds: { type: 'string', default: '7', description: 'How often each takes its turn.' },
  steps: { type: 'string', description: 'Units of work in a turn. Default: 5 of W1 and W4, 1 of W2 and W3.' },
  ceiling: {
    type: 'string',
    description: 'Where the yardstick lies. Default: ../shared/ceiling beside the repository.',
  },
  node: { type: 'string', description: 'The Node that W1 to W4 run on. Default: the one that runs this.' },
  page: { type: 'string', description: 'Where to write the page. Default: docs/benchmarks.md if nothing is left out.' },
} as const;

type Options = typeof options;

/** The command. A line that it does not understand ends it with code 2 and the reason. */
export function benchCommand(run: (request: Request) => Promise<void>): CommandDef<Options> {
  return defineCommand({
    meta: { name: 'pnpm bench', description: 'Times unroll, its peers and a hand-written yardstick side by side.' },
    args: options,
    run: async ({ args }) => {
      await run(
        understood(() => {
          const request = toRequest(args);
          nodeVersion(request.node);
          return request;
        }),
      );
    },
  });
}

/** `24.21.0`. @throws Error if there is no Node */
export function nodeVersion(node: string): string {
  try {
    return execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
  } catch {
    throw new Error(`--node: ${node} is no Node. Give the path of its program.`);
  }
}

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** @throws Error naming what is not understood, and what is possible */
export function toRequest(given: Partial<ParsedArgs<Options>>): Request {
  checkKnown(given, options);
  const { only, impl, json = false, rounds = '7', steps, ceiling, node, page } = given;
  const isWhole = only === undefined && impl === undefined && !json;
  return {
    only: chosen('only', only, PARTS),
    impl: chosen('impl', impl, names),
    json,
    rounds: count('rounds', rounds),
    steps: steps === undefined ? undefined : count('steps', steps),
    ceiling: ceiling ?? fromHere('../../shared/ceiling'),
    node: node ?? process.execPath,
    page: page ?? (isWhole ? fromHere('../docs/benchmarks.md') : undefined),
  };
}

/** citty takes what it does not know. @throws Error naming it, and the options that there are */
export function checkKnown(
  given: Readonly<Record<string, unknown>> & { readonly _?: readonly string[] },
  options: object,
): void {
  const unknown = Object.keys(given).filter((key) => key !== '_' && !Object.hasOwn(options, key));
  const stray = [...unknown.map((key) => `--${key}`), ...(given._ ?? [])];
  if (stray.length > 0)
    throw new Error(`${stray.join(', ')} is unknown. Options: --${Object.keys(options).join(', --')}.`);
}

/** What a command line asks for. If it is not understood, that is told, and the program ends with code 2. */
export function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return process.exit(2);
  }
}

/** The names of a list with commas between, all without one. @throws Error naming one that is unknown, and those that are possible */
export function chosen<Name extends string>(
  option: string,
  list: string | undefined,
  possible: readonly Name[],
): ReadonlySet<Name> {
  if (list === undefined) return new Set(possible);
  const wanted = list.split(',').map((name) => name.trim());
  return new Set(
    wanted.map((name) => {
      const found = possible.find((each) => each === name);
      if (found === undefined) throw new Error(`--${option}: ${name} is unknown. Choose from ${possible.join(', ')}.`);
      return found;
    }),
  );
}

/** @throws Error for what is no whole number from 1 on */
export function count(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${option} is ${text}. Give a whole number from 1.`);
  return value;
}
