import { type Command, quote, runTraining, writeLine } from '@unroll/app-kit/cli';
import { trainGroups } from '../train-options.ts';
import { TRAINER } from '../trainer.ts';

export const trainCommand: Command = {
  name: 'train',
  summary: 'learn from sentences with tags, and save the model',
  description:
    'Learns from sentences with tags to tag others: parts of speech of a CoNLL-U file, or the tags in a column of a CoNLL file (entities as ' +
    'BIO or BIOES among them). The model goes into a folder, as one safetensors file. Ctrl-C saves the run and says how to go on with it.',
  usage: '[file] [options]',
  groups: trainGroups,
  positional: 'data',
  examples: [
    'train en_ewt-ud-train.conllu --validation en_ewt-ud-dev.conllu',
    'train entities.conll --crf --epochs 20 --out entities',
    'train en_ewt-ud-train.conllu --config settings.jsonc',
    'train entities.conll --resume entities --epochs 40',
  ],
  async run(given, terminal) {
    const { isInterrupted, folder } = await runTraining(TRAINER, given, terminal);
    if (isInterrupted) return 130;
    const { stdout, program } = terminal;
    writeLine(stdout, `The model is in ${folder}. Let it tag:`);
    writeLine(stdout, `  ${program} tag "They can light the lamp." --model ${quote(folder)}`);
    return 0;
  },
};
