import { type App, type Terminal, runProgram } from '@unroll/app-kit/cli';
import { demoCommand } from './commands/demo.ts';
import { evalCommand } from './commands/eval.ts';
import { tagCommand } from './commands/tag.ts';
import { trainCommand } from './commands/train.ts';

const TAGGER: App = {
  summary: 'Tags words, parts of speech or entities, by a network that reads each sentence from both sides.',
  commands: [trainCommand, tagCommand, evalCommand, demoCommand],
  start: ['demo', 'train --help'],
};

/** Runs a command line, without the program's name; the exit code. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  return runProgram(TAGGER, argv, terminal);
}
