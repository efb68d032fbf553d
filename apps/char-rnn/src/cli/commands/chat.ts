import {
  type BackendValues,
  type Command,
  type OptionsFor,
  backendOptions,
  loadModel,
  path,
  readOptions,
  useBackend,
  writeLine,
} from '@unroll/app-kit/cli';
import { Rng } from '@unroll/tensor';
import { randomInt } from 'node:crypto';
import { Conversation } from '../../conversation.ts';
import { CHAR_RNN_FORMAT } from '../../model-file.ts';
import { type ReplySettings, lengthOption } from '../chat/settings.ts';
import { talk } from '../chat/talk.ts';
import { seedOption } from '../seed-option.ts';
import { samplingOptions } from '../train-options.ts';

interface ChatValues extends ReplySettings, Pick<BackendValues, 'backend'> {
  readonly model: string;
  readonly seed: number | undefined;
}

const options: OptionsFor<ChatValues> = {
  model: path({
    hint: 'path',
    help: 'folder of train, or a model file; also without --model',
    fallback: 'char-rnn-model',
  }),
  temperature: samplingOptions.temperature,
  'top-k': samplingOptions['top-k'],
  'top-p': samplingOptions['top-p'],
  length: lengthOption,
  seed: seedOption,
  backend: backendOptions.backend,
};

export const chatCommand: Command = {
  name: 'chat',
  summary: 'write in turn with a model, which remembers',
  description:
    'Reads what you type, goes on from there, and remembers all that was said: the state is kept. /help tells what may be changed on ' +
    'the way. Works in a pipe too: a line in, a reply out.',
  usage: '[path] [options]',
  groups: { Options: { ...options } },
  positional: 'model',
  examples: ['chat char-rnn-model --temperature 0.5', 'chat --seed 1 < questions.txt > answers.txt'],
  async run(given, terminal) {
    const { stderr } = terminal;
    const values = readOptions(options, given);
    await useBackend({ ...values, threads: 1, vectors: '128' }, (message) => writeLine(stderr, message));
    const { model, vocabulary } = await loadModel(values.model, CHAR_RNN_FORMAT);
    const conversation = new Conversation({ model, vocabulary, rng: new Rng(values.seed ?? randomInt(2 ** 32)) });
    try {
      await talk(conversation, values, terminal);
    } finally {
      conversation.dispose();
    }
    return 0;
  },
};
