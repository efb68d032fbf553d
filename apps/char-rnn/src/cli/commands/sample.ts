import {
  type BackendValues,
  type Command,
  type OptionsFor,
  UsageError,
  backendOptions,
  integer,
  loadModel,
  path,
  readOptions,
  useBackend,
  writeLine,
} from '@unroll/app-kit/cli';
import { CHAR_RNN_FORMAT } from '../../model-file.ts';
import { Rng } from '@unroll/tensor';
import { randomInt } from 'node:crypto';
import { generate } from '../../generate.ts';
import { seedOption } from '../seed-option.ts';
import { type SamplingValues, samplingNoEffect, samplingOptions } from '../train-options.ts';
import { unknownCharacters } from '../unknown-characters.ts';
import { writeText } from '../write-text.ts';

interface SampleValues extends SamplingValues, Pick<BackendValues, 'backend'> {
  readonly model: string;
  readonly length: number;
  readonly seed: number | undefined;
}

const options: OptionsFor<SampleValues> = {
  model: path({
    hint: 'path',
    help: 'folder of train, or a model file; also without --model',
    fallback: 'char-rnn-model',
  }),
  ...samplingOptions,
  length: integer({ hint: 'n', help: 'characters to write', min: 0, fallback: '500' }),
  seed: seedOption,
  backend: backendOptions.backend,
};

export const sampleCommand: Command = {
  name: 'sample',
  summary: 'let a model write',
  description: 'Lets a model write, character by character, to the standard output.',
  usage: '[path] [options]',
  groups: { Options: { ...options } },
  positional: 'model',
  examples: [
    'sample char-rnn-model --prime "Once there was" --temperature 0.5',
    'sample char-rnn-model --length 2000 --top-p 0.9 --seed 7 > page.txt',
  ],
  async run(given, { stdout, stderr }) {
    const values = readOptions(options, given, samplingNoEffect);
    const { prime, length, temperature, 'top-k': topK, 'top-p': topP, seed = randomInt(2 ** 32) } = values;
    // One thread: a single text has no batch to divide.
    const description = await useBackend({ ...values, threads: 1, vectors: '128' }, (message) =>
      writeLine(stderr, message),
    );
    const { model, vocabulary } = await loadModel(values.model, CHAR_RNN_FORMAT);
    const { unknowns } = vocabulary.encodeWithUnknowns(prime);
    if (unknowns.size > 0) {
      writeLine(
        stderr,
        `The model does not know ${unknownCharacters(unknowns)}. It reads the prime without what they mean.`,
      );
    }
    if (values.seed !== undefined && temperature === 0 && (prime !== '' || vocabulary.has('\n'))) {
      throw new UsageError('--seed has no effect where --temperature is 0: nothing is left to chance. Leave it out.');
    }
    stdout.write(prime);
    const rng = new Rng(seed);
    await writeText(stdout, generate({ model, vocabulary, prime, length, rng, temperature, topK, topP }));
    writeLine(stdout);
    if (stderr.isTTY === true) {
      writeLine(
        stderr,
        `(on ${description}${values.seed === undefined ? `; --seed ${seed} gives this text again` : ''})`,
      );
    }
    return 0;
  },
};
