import { type App, type Terminal, runProgram } from '@unroll/app-kit/cli';
import { evalCommand } from './commands/eval.ts';
import { trainCommand } from './commands/train.ts';
import { translateCommand } from './commands/translate.ts';

const TRANSLATOR: App = {
  summary: 'Trains an encoder-decoder with attention on pairs of sentences, and translates.',
  commands: [trainCommand, translateCommand, evalCommand],
  start: ['train', 'train --help'],
};

/** Runs a command line, without the program's name; the exit code. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  // Shorter to say, and no other option can be negated.
  const spelled = argv.map((argument) => (argument === '--no-attention' ? '--attention=none' : argument));
  return runProgram(TRANSLATOR, spelled, terminal);
}
