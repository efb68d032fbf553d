import { type App, type Terminal, runProgram, writeLine } from '@unroll/app-kit/cli';
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
  if (argv.includes('--no-attention') && argv.some((argument) => /^--attention(=|$)/.test(argument))) {
    const { stderr, program } = terminal;
    writeLine(stderr, 'Both --attention and --no-attention are given. Choose one.');
    writeLine(stderr, `${program} ${argv[0]} --help tells what is possible.`);
    return 2;
  }
  const spelled = argv.map((argument) => (argument === '--no-attention' ? '--attention=none' : argument));
  return runProgram(TRANSLATOR, spelled, terminal);
}
