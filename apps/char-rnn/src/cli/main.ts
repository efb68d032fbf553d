import { type App, type Terminal, runProgram } from '@unroll/app-kit/cli';
import { chatCommand } from './commands/chat.ts';
import { demoCommand } from './commands/demo.ts';
import { evalCommand } from './commands/eval.ts';
import { exportCommand } from './commands/export.ts';
import { inspectCommand } from './commands/inspect.ts';
import { sampleCommand } from './commands/sample.ts';
import { trainCommand } from './commands/train.ts';

const CHAR_RNN: App = {
  summary: 'Trains a character-level recurrent network on any text, and lets it write.',
  commands: [trainCommand, sampleCommand, chatCommand, evalCommand, inspectCommand, exportCommand, demoCommand],
  start: ['demo', 'train --help'],
};

/** Runs a command line, without the program's name; the exit code. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  return runProgram(CHAR_RNN, argv, terminal);
}
