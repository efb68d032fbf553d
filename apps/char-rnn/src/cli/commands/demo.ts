import {
  type BackendValues,
  type Command,
  type OptionsFor,
  type Texts,
  backendNoEffect,
  backendOptions,
  givenBy,
  integer,
  number,
  path,
  quote,
  readOptions,
  runTraining,
  styleFor,
  writeLine,
} from '@unroll/app-kit/cli';
import { Rng } from '@unroll/tensor';
import type { CharacterModel } from '../../config.ts';
import { generate } from '../../generate.ts';
import { TRAINER } from '../trainer.ts';
import { writeText } from '../write-text.ts';

const TEMPERATURE = 0.4;
/** More than a machine has cores give the same numbers, on the threads that there are. */
const THREADS = '2';

/**
 * Chosen by trying, so that a minute on two cores gives the fewest bits per character: many small steps, a state that is large for so short
 * a text, and so much dropout that the model does not learn the tales by heart at once. At a rate of 0.005 some runs lose after two
 * thousand steps what they had learnt.
 */
const SETTINGS: Texts = {
  cell: 'gru',
  hidden: '256',
  embedding: '32',
  dropout: '0.65',
  batch: '8',
  time: '32',
  'learning-rate': '0.003',
  clip: '1',
  temperature: String(TEMPERATURE),
  'validation-fraction': '0.03',
  'validate-every': '500',
  'sample-every': '500',
  'checkpoint-every': '500',
  overwrite: 'true',
};

interface DemoValues extends BackendValues {
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
  ...backendOptions,
  threads: { ...backendOptions.threads, fallback: THREADS },
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
    const { seed, out, minutes, backend, threads, vectors } = readOptions(options, given, backendNoEffect);
    const style = styleFor(stdout);
    const limits = { minutes: String(minutes), seed: String(seed), out, backend, threads: String(threads), vectors };
    const settings = givenBy({ ...SETTINGS, ...limits }, 'run');
    const { isInterrupted, model: characterModel } = await runTraining(TRAINER, settings, terminal);
    if (isInterrupted) return 130;
    writeLine(stdout);
    writeLine(stdout, style.bold('A tale of its own:'));
    writeLine(stdout);
    await writeText(stdout, inLines(passage(characterModel, new Rng(seed)), Math.min(stdout.columns || 80, 80)));
    writeLine(stdout);
    writeLine(stdout);
    writeLine(stdout, style.bold('Try next:'));
    const folder = quote(out);
    writeLine(stdout, `  ${program} sample ${folder} --prime "RIDDLE. " --temperature 0.4`);
    writeLine(stdout, `  ${program} train --resume ${folder} --minutes ${Number((minutes * 3).toFixed(3))}`);
    writeLine(stdout, `  ${program} train --cell lstm --minutes 2 --out char-rnn-lstm`);
    writeLine(stdout, style.dim(`or with a text of yours: ${program} train book.txt`));
    return 0;
  },
};

/** A title and what follows it, to the end of a line. */
async function* passage({ model, vocabulary }: CharacterModel, rng: Rng): AsyncGenerator<string, void, undefined> {
  const prime = 'THE ';
  yield prime;
  let text = '';
  for await (const character of generate({ model, vocabulary, prime, rng, length: 1200, temperature: TEMPERATURE })) {
    text += character;
    if (text.length > 600 && character === '\n') return;
    yield character;
  }
}

/** The same text with line breaks between words, so that no line is longer than `width`. */
async function* inLines(text: AsyncIterable<string>, width: number): AsyncGenerator<string, void, undefined> {
  let column = 0;
  let word = '';
  const place = (): string => {
    const breaks = column > 0 && column + word.length > width - 1;
    // A word carries the space in front of it, which a break takes the place of.
    const placed = breaks ? `\n${word.trimStart()}` : word;
    column = breaks ? placed.length - 1 : column + word.length;
    word = '';
    return placed;
  };
  for await (const character of text) {
    if (character === ' ' || character === '\n') yield place();
    if (character === '\n') {
      yield character;
      column = 0;
    } else {
      word += character;
    }
  }
  yield place();
}
