import { UnrollError } from '@unroll/tensor';
import { DivergenceError } from '@unroll/training';
import { type ArgsDef, type CommandDef, defineCommand, runCommand } from 'citty';
import { type App, type Command, optionsOf } from './command.ts';
import { configOption, readConfigFile } from './config/config-file.ts';
import { OutputError } from './files/output-error.ts';
import { commandHelp, programHelp } from './help.ts';
import type { Options } from './options/kinds.ts';
import { nearest } from './options/nearest.ts';
import { type Given, givenBy } from './options/given.ts';
import { withoutReplaced } from './options/no-effect.ts';
import { type ParsedArguments, givenTexts } from './options/read.ts';
import { styleFor } from './style.ts';
import { type Terminal, writeLine } from './terminal.ts';
import { OptionError, UsageError } from './usage-error.ts';

/** Runs a command line, without the program's name; the exit code. */
export async function runProgram(app: App, argv: readonly string[], terminal: Terminal): Promise<number> {
  const { commands } = app;
  const { stdout, stderr, program, version } = terminal;
  const [name, ...rest] = argv;
  try {
    if (name === undefined || name === 'help' || isHelp(name)) {
      stdout.write(programHelp(app, program, styleFor(stdout)));
      return 0;
    }
    if (name === '--version' || name === '-v') {
      writeLine(stdout, version);
      return 0;
    }
    const command = commands.find((each) => each.name === name) ?? unknownCommand(name, commands);
    if (rest.slice(0, beforeDashes(rest)).some(isHelp)) {
      stdout.write(commandHelp(command, program, styleFor(stdout), Math.min(stdout.columns || 100, 100)));
      return 0;
    }
    return await dispatch(command, rest, terminal);
  } catch (error) {
    if (error instanceof UsageError) {
      const about = commands.some((each) => each.name === name) ? `${name} --help` : '--help';
      writeLine(stderr, `${error.message}\n${program} ${about} tells what is possible.`);
      return 2;
    }
    writeLine(stderr, describe(error));
    return 1;
  }
}

/** Lets citty take the command line apart. */
async function dispatch(command: Command, rawArgs: string[], terminal: Terminal): Promise<number> {
  const args: ArgsDef = Object.fromEntries(
    Object.entries(optionsOf(command)).map(([name, { hint }]) => [name, { type: hint === '' ? 'boolean' : 'string' }]),
  );
  checkFlags(rawArgs.slice(0, beforeDashes(rawArgs)), optionsOf(command));
  const definition: CommandDef = defineCommand({
    args,
    run: async ({ args }) => {
      const given = await withConfig(command, args);
      try {
        return await command.run(given, terminal);
      } catch (error) {
        throw error instanceof OptionError ? error.toldBy(given) : error;
      }
    },
  });
  const { result } = await runCommand(definition, { rawArgs });
  return result as number;
}

/** The parser takes `--overwrite=maybe` for `--overwrite`. */
function checkFlags(rawArgs: readonly string[], options: Options): void {
  for (const argument of rawArgs) {
    const [, name = '', value = ''] = /^--([^=]+)=(.*)$/s.exec(argument) ?? [];
    if (options[name]?.hint === '' && value !== 'true' && value !== 'false') {
      throw new UsageError(`--${name} is ${value === '' ? 'empty' : value}: it takes no value.`);
    }
  }
}

/** What was given on the command line, and below it what a settings file says. */
async function withConfig(command: Command, args: ParsedArguments): Promise<Given> {
  const options = optionsOf(command);
  const { positional, morePositionals = [], alternatives = [] } = command;
  const texts = givenTexts(args, options, positional === undefined ? [] : [positional, ...morePositionals]);
  const file = options['config'] === configOption ? texts['config'] : undefined;
  const fromFile = file === undefined ? {} : await readConfigFile(file, options);
  return withoutReplaced({ ...fromFile, ...givenBy(texts) }, alternatives);
}

function isHelp(argument: string): boolean {
  return argument === '--help' || argument === '-h';
}

function beforeDashes(args: readonly string[]): number {
  const at = args.indexOf('--');
  return at < 0 ? args.length : at;
}

function unknownCommand(name: string, commands: readonly Command[]): never {
  const guess = nearest(
    name,
    commands.map((command) => command.name),
  );
  throw new UsageError(`There is no command ${name}.${guess === undefined ? '' : ` Did you mean ${guess}?`}`);
}

/** Errors that are meant for users in their words; others with their stack, as they are bugs. */
function describe(error: unknown): string {
  if (error instanceof DivergenceError) {
    // The model that it leaves, and its remedies, are those of programs.
    const what = error.message.replace(/^fit: /, '').replace(/ The model is as step .*$/s, '');
    return `Training can't go on: ${what} Try a smaller --learning-rate, or a smaller --clip.`;
  }
  if (error instanceof UnrollError && error.code === 'OUT_OF_MEMORY') {
    // What is said of it to programs is no advice to people at a command line.
    return error.message.replace(/ (Use smaller sizes|Free tensors by) .*$/s, ' Smaller sizes or batches need less.');
  }
  if (error instanceof UnrollError || error instanceof OutputError) return error.message;
  // What the engine says when it can't allocate.
  if (error instanceof RangeError && /allocation failed|array length|typed array/i.test(error.message)) {
    return `There is not enough memory (${error.message}). Smaller sizes need less.`;
  }
  if (error instanceof Error && 'code' in error && 'syscall' in error) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
