import { Rng } from '@unroll/tensor';
import { generate } from '../../generate.ts';
import type { Command } from '../command.ts';
import { type OptionsFor, integer, number, path } from '../options/kinds.ts';
import { type Given, readOptions } from '../options/read.ts';
import { runTraining } from '../run-training.ts';
import { styleFor } from '../style.ts';
import { quote, writeLine } from '../terminal.ts';
import { writeText } from '../write-text.ts';

/** Chosen so that a minute on two cores is enough to learn the tales: a small model, and many small steps. */
const SETTINGS: Given = {
  cell: 'gru',
  hidden: '96',
  embedding: '24',
  batch: '8',
  time: '32',
  'learning-rate': '0.008',
  temperature: '0.5',
  'validation-fraction': '0',
  overwrite: 'true',
};
const PASSAGE = { length: 700, temperature: 0.5, prime: 'THE GATE AND THE ' } as const;

interface DemoValues {
  readonly minutes: number;
  readonly seed: number;
  readonly out: string;
}

const options: OptionsFor<DemoValues> = {
  minutes: number({
    hint: 'x',
    help: 'how long to train',
    range: 'above 0',
    allows: (value) => value > 0,
    fallback: '1',
  }),
  seed: integer({ hint: 'n', help: 'another seed, another model', min: Number.MIN_SAFE_INTEGER, fallback: '1' }),
  out: path({ hint: 'folder', help: 'where the model goes; what is there is replaced', fallback: 'char-rnn-demo' }),
};

export const demoCommand: Command = {
  name: 'demo',
  summary: 'learn from built-in tales for a minute, and tell one',
  description: 'Trains a small network on built-in tales for a minute, and lets it tell one of its own.',
  usage: '[options]',
  groups: { Options: { ...options } },
  examples: ['demo', 'demo --minutes 3'],
  async run(given, terminal) {
    const { stdout, program } = terminal;
    const { seed, out, minutes } = readOptions(options, given);
    const style = styleFor(stdout);
    const limits = { minutes: String(minutes), seed: String(seed), out };
    const { isInterrupted, characterModel } = await runTraining({ ...SETTINGS, ...limits }, terminal);
    if (isInterrupted) return 130;
    writeLine(stdout);
    writeLine(stdout, style.bold('A tale of its own:'));
    writeLine(stdout);
    stdout.write(PASSAGE.prime);
    await writeText(stdout, generate({ ...characterModel, ...PASSAGE, rng: new Rng(seed) }));
    writeLine(stdout);
    writeLine(stdout);
    writeLine(stdout, style.bold('Try next:'));
    const folder = quote(out);
    for (const command of [
      `sample ${folder} --prime "RIDDLE. " --temperature 0.4`,
      `train --resume ${folder} --minutes ${minutes * 3}`,
      `train --cell lstm --minutes 2 --out char-rnn-lstm`,
    ]) {
      writeLine(stdout, `  ${program} ${command}`);
    }
    return 0;
  },
};
