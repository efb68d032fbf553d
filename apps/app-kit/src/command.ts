import type { Given } from './options/given.ts';
import type { Option } from './options/kinds.ts';
import type { Alternatives } from './options/no-effect.ts';
import type { Terminal } from './terminal.ts';

/** Something that the program can do. */
export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  readonly description: string;
  /** What may follow the name: `[text] [options]`. */
  readonly usage: string;
  /** Its options, in groups with a title, as the help shows them. */
  readonly groups: Readonly<Record<string, Readonly<Record<string, Option<unknown>>>>>;
  /** The option that an argument without a name stands for. */
  readonly positional?: string;
  /** The options that further arguments without a name stand for. */
  readonly morePositionals?: readonly string[];
  /** Options that are not given together. Default: none. */
  readonly alternatives?: readonly Alternatives[];
  /** Command lines without the program's name. */
  readonly examples: readonly string[];
  /**
   * Does it; the exit code.
   * @throws UsageError if what the user gave is wrong
   */
  run(given: Given, terminal: Terminal): Promise<number>;
}

/** All options of a command. */
export function optionsOf({ groups }: Pick<Command, 'groups'>): Readonly<Record<string, Option<unknown>>> {
  return Object.assign({}, ...Object.values(groups)) as Readonly<Record<string, Option<unknown>>>;
}

/** A program with commands. */
export interface App {
  /** What it does, in one line. */
  readonly summary: string;
  readonly commands: readonly Command[];
  /** Command lines to begin with, without the program's name. */
  readonly start: readonly string[];
}
