import {
  type BackendValues,
  type Command,
  type OptionsFor,
  UsageError,
  backendOptions,
  count,
  integer,
  loadModel,
  path,
  readOptions,
  useBackend,
  writeLine,
} from '@unroll/app-kit/cli';
import { CHAR_RNN_FORMAT } from '../../model-file.ts';
import { evaluate } from '../../evaluate.ts';
import { encodeText, readThrough } from '../text-file.ts';
import { unknownCharacters } from '../unknown-characters.ts';

interface EvalValues extends BackendValues {
  readonly text: string | undefined;
  readonly model: string;
  readonly streams: number;
}

const options: OptionsFor<EvalValues> = {
  text: path({ hint: 'file', help: 'a UTF-8 text; also without --text. Else: built-in tales' }),
  model: path({ hint: 'path', help: 'folder of train, or a model file', fallback: 'char-rnn-model' }),
  streams: integer({
    hint: 'n',
    help: 'parts that are read side by side: more are faster, and less exact at each beginning',
    min: 1,
    fallback: '1',
  }),
  ...backendOptions,
};

export const evalCommand: Command = {
  name: 'eval',
  summary: 'tell how well a model foretells a text',
  description:
    'Tells how well a model foretells a text: the mean of −log p over its characters, in nats and in bits, and the perplexity e^nats. ' +
    'The model reads the text once, from the beginning, and keeps its state all the way.',
  usage: '[file] [options]',
  groups: { Options: { ...options } },
  positional: 'text',
  examples: ['eval other-book.txt --model char-rnn-model'],
  async run(given, { stdout, stderr }) {
    const values = readOptions(options, given);
    const backend = await useBackend(values, (message) => writeLine(stderr, message));
    const { model, vocabulary } = await loadModel(values.model, CHAR_RNN_FORMAT);
    const text = await readThrough(values.text);
    const { tokens, unknowns } = await encodeText(text, vocabulary);
    if (tokens.length <= values.streams) {
      throw new UsageError(
        `${text.identity.name} is too short: ${tokens.length} characters for ${values.streams} stream(s). Each needs 2.`,
      );
    }
    if (unknowns.size > 0)
      writeLine(stderr, `The model does not know ${unknownCharacters(unknowns)}. They are not counted.`);
    const { natsPerCharacter: nats, characters } = await evaluate({
      model,
      vocabulary,
      tokens,
      streams: values.streams,
    });
    const unknown = [...unknowns.values()].reduce((sum, times) => sum + times, 0);
    writeLine(stdout, `nats per character   ${nats.toFixed(4)}`);
    writeLine(stdout, `bits per character   ${(nats / Math.LN2).toFixed(4)}`);
    writeLine(stdout, `perplexity           ${Math.exp(nats).toFixed(4)}`);
    writeLine(stdout, `characters           ${count(characters)}`);
    writeLine(stdout, `unknown characters   ${count(unknown)}`);
    writeLine(stdout, `backend              ${backend}`);
    return 0;
  },
};
