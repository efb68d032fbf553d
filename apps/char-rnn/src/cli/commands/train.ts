import { type Command, quote, runTraining, writeLine } from '@unroll/app-kit/cli';
import { trainGroups } from '../train-options.ts';
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
  examples: [
    'train book.txt --minutes 5',
    'train book.txt --cell lstm --layers 2 --hidden 256 --dropout 0.2',
    'train book.txt --resume char-rnn-model --steps 10000',
    'train book.txt --config settings.jsonc',
  ],
  async run(given, terminal) {
    const { isInterrupted, folder } = await runTraining(TRAINER, given, terminal);
    if (isInterrupted) return 130;
    const { stdout, program } = terminal;
    writeLine(stdout, `The model is in ${folder}. Let it write:`);
    writeLine(stdout, `  ${program} sample ${quote(folder)}`);
    return 0;
  },
};
