import {
  type Command,
  type Given,
  type Terminal,
  compareRuns,
  givenBy,
  quote,
  readOptions,
  runTraining,
  writeLine,
} from '@unroll/app-kit/cli';
import { trainGroups, trainOptions } from '../train-options.ts';
import { TRAINER } from '../trainer.ts';

export const trainCommand: Command = {
  name: 'train',
  summary: 'learn from a text, and save the model',
  description:
    'Learns from a text to guess each next character. The model goes into a folder, as one safetensors file that sample and eval read. ' +
    'Ctrl-C saves the run and says how to go on with it.',
  usage: '[file] [options]',
  groups: trainGroups,
  positional: 'text',
  alternatives: [
    { option: 'compare', others: ['cell', 'resume'], why: 'A comparison has a new model of each kind of cell.' },
  ],
  examples: [
    'train book.txt --minutes 5',
    'train book.txt --cell lstm --layers 2 --hidden 256 --dropout 0.2',
    'train book.txt --resume char-rnn-model --steps 10000',
    'train book.txt --config settings.jsonc',
    'train book.txt --compare vanilla,lstm,gru --out comparison',
  ],
  async run(given, terminal) {
    if (given['compare'] !== undefined) return compare(given, given['compare'].text, terminal);
    const { isInterrupted, folder } = await runTraining(TRAINER, given, terminal);
    if (isInterrupted) return 130;
    const { stdout, program } = terminal;
    writeLine(stdout, `The model is in ${folder}. Let it write:`);
    writeLine(stdout, `  ${program} sample ${quote(folder)}`);
    return 0;
  },
};

/** Trains a model of each kind of cell. */
async function compare(given: Given, asked: string, terminal: Terminal): Promise<number> {
  const { compare: cells = [], out: folder } = readOptions(trainOptions, given);
  const { compare: _, ...alike } = given;
  const isInterrupted = await compareRuns({
    trainer: TRAINER,
    runs: new Map(cells.map((cell) => [cell, { ...alike, ...givenBy({ cell }) }])),
    differIn: 'cell',
    asked: ['compare', asked],
    folder,
    terminal,
  });
  return isInterrupted ? 130 : 0;
}
