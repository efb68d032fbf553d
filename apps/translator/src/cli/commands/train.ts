import { type Command, quote, runTraining, writeLine } from '@unroll/app-kit/cli';
import { corpusAlternatives } from '../corpus.ts';
import { trainGroups } from '../train-options.ts';
import { TRAINER } from '../trainer.ts';

export const trainCommand: Command = {
  name: 'train',
  summary: 'learn from pairs of sentences, and save the model',
  description:
    "Learns to translate. Without a corpus it learns dates, times, amounts, lists and names in two languages from the runtime's own language " +
    'data (Unicode CLDR). The model goes into a folder, as one safetensors file that translate and eval read, with a report of the run beside it. ' +
    'Ctrl-C saves the run and says how to go on with it. --no-attention leaves the decoder with one vector, for comparison.',
  usage: '[corpus] [options]',
  groups: trainGroups,
  positional: 'corpus',
  alternatives: [
    corpusAlternatives,
    { ...corpusAlternatives, option: 'validation', others: ['validation-source', 'validation-target'] },
  ],
  examples: [
    'train',
    'train --from de --to ja --out german-japanese',
    'train corpus.tsv --columns source,target,- --lowercase --min-frequency 2 --hidden 128 --steps 10000',
    'train --source train.de --target train.en --validation-source val.de --validation-target val.en --tokens words',
    'train --config settings.jsonc',
  ],
  async run(given, terminal) {
    const { isInterrupted, folder, data, model: translator } = await runTraining(TRAINER, given, terminal);
    if (isInterrupted) return 130;
    const { stdout, program } = terminal;
    const model = folder === 'translator-model' ? [] : ['--model', quote(folder)];
    writeLine(stdout, `The model is in ${folder}. Try it:`);
    writeLine(stdout, `  ${[program, 'eval', ...data.judgedBy, ...model].join(' ')}`);
    const [example] = data.validation;
    if (!example) return 0;
    // Without attention there is nothing to draw.
    const drawn = translator.config.attention === 'none' ? [] : ['--alignment'];
    writeLine(stdout, `  ${[program, 'translate', quote(example.source), ...drawn, ...model].join(' ')}`);
    return 0;
  },
};
