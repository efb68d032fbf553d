import {
  type BackendValues,
  type Command,
  type NoEffect,
  type OptionsFor,
  UsageError,
  backendNoEffect,
  backendOptions,
  choice,
  count,
  integer,
  loadModel,
  number,
  path,
  readOptions,
  useBackend,
  writeLine,
} from '@unroll/app-kit/cli';
import { CHAR_RNN_FORMAT } from '../../model-file.ts';
import { evaluateDynamically } from '../../dynamic/evaluate-dynamically.ts';
import { type DynamicRule, type DynamicRuleOptions, GradientRule, RmsRule } from '../../dynamic/rules.ts';
import { evaluate } from '../../evaluate.ts';
import { encodeText, readThrough } from '../text-file.ts';
import { unknownCharacters } from '../unknown-characters.ts';

interface EvalValues extends BackendValues {
  readonly text: string | undefined;
  readonly model: string;
  readonly streams: number;
  readonly dynamic: keyof typeof RULES | undefined;
  readonly 'dynamic-rate': number | undefined;
  readonly 'dynamic-decay': number;
  readonly 'dynamic-time': number;
}

/** How weights may follow the text, and the rate that did well on novels and plays. */
const RULES = {
  sgd: { rate: 0.02, make: (options: DynamicRuleOptions): DynamicRule => new GradientRule(options) },
  rms: { rate: 0.0002, make: (options: DynamicRuleOptions): DynamicRule => new RmsRule(options) },
} as const;

const options: OptionsFor<EvalValues> = {
  text: path({ hint: 'file', help: 'a UTF-8 text; also without --text. Else: built-in tales' }),
  model: path({ hint: 'path', help: 'folder of train, or a model file', fallback: 'char-rnn-model' }),
  streams: integer({
    hint: 'n',
    help: 'parts that are read side by side: more are faster, and less exact at each beginning',
    min: 1,
    fallback: '1',
  }),
  dynamic: choice({
    words: ['sgd', 'rms'],
    help: 'learn from the text while it is read (dynamic evaluation): by plain gradients, or by gradients in proportion to their usual size',
  }),
  'dynamic-rate': number({
    hint: 'x',
    help: `how much is learned from each segment [${RULES.sgd.rate} of sgd, ${RULES.rms.rate} of rms]`,
    range: 'above 0',
    allows: (value) => value > 0,
  }),
  'dynamic-decay': number({
    hint: 'x',
    help: 'share of it that is forgotten after each',
    range: 'from 0 to 1',
    allows: (value) => value >= 0 && value <= 1,
    fallback: '0',
  }),
  'dynamic-time': integer({ hint: 'n', help: 'characters of a segment', min: 1, fallback: '20' }),
  ...backendOptions,
};

const noEffect: readonly NoEffect<EvalValues>[] = [
  ...backendNoEffect,
  { options: ['dynamic-rate', 'dynamic-decay', 'dynamic-time'], where: { dynamic: undefined } },
];

export const evalCommand: Command = {
  name: 'eval',
  summary: 'tell how well a model foretells a text',
  description:
    'Tells how well a model foretells a text: the mean of −log p over its characters, in nats and in bits, and the perplexity e^nats. ' +
    'The model reads the text once, from the beginning, and keeps its state all the way; with --dynamic its weights follow the text, and ' +
    'are as before at the end.',
  usage: '[file] [options]',
  groups: { Options: { ...options } },
  positional: 'text',
  examples: ['eval other-book.txt --model char-rnn-model', 'eval other-book.txt --dynamic sgd'],
  async run(given, { stdout, stderr }) {
    const values = readOptions(options, given, noEffect);
    const backend = await useBackend(values, (message) => writeLine(stderr, message));
    const { model, vocabulary } = await loadModel(values.model, CHAR_RNN_FORMAT);
    const text = await readThrough(values.text);
    const { tokens, unknowns } = await encodeText(text, vocabulary);
    if (tokens.length <= values.streams) {
      throw new UsageError(
        `${text.identity.name} is too short: it has ${count(tokens.length)} character(s), and ` +
          (values.streams === 1
            ? '2 are needed.'
            : `each of ${count(values.streams)} streams needs 2. Give fewer --streams.`),
      );
    }
    const unknown = [...unknowns.values()].reduce((sum, times) => sum + times, 0);
    // The first one is not foretold.
    const isFirstKnown = unknown === 0 || tokens[0] !== vocabulary.unkId;
    if (tokens.length - unknown === (isFirstKnown ? 1 : 0)) {
      throw new UsageError(
        `The model knows none of the characters of ${text.identity.name} that it would foretell: there is nothing to judge.`,
      );
    }
    if (unknowns.size > 0)
      writeLine(stderr, `The model does not know ${unknownCharacters(unknowns)}. They are not counted.`);
    const judged = { model, vocabulary, tokens, streams: values.streams };
    const rule = ruleOf(values);
    const { natsPerCharacter: nats, characters } = await (rule
      ? evaluateDynamically({ ...judged, rule, time: values['dynamic-time'] })
      : evaluate(judged));
    writeLine(stdout, `nats per character   ${nats.toFixed(4)}`);
    writeLine(stdout, `bits per character   ${(nats / Math.LN2).toFixed(4)}`);
    writeLine(stdout, `perplexity           ${Math.exp(nats).toFixed(4)}`);
    writeLine(stdout, `characters           ${count(characters)}`);
    writeLine(stdout, `unknown characters   ${count(unknown)}`);
    if (values.dynamic) writeLine(stdout, `dynamic evaluation   ${values.dynamic}, rate ${rateOf(values)}`);
    writeLine(stdout, `backend              ${backend}`);
    return 0;
  },
};

function rateOf({ dynamic, 'dynamic-rate': rate }: EvalValues): number {
  return rate ?? RULES[dynamic ?? 'sgd'].rate;
}

function ruleOf(values: EvalValues): DynamicRule | undefined {
  if (values.dynamic === undefined) return undefined;
  return RULES[values.dynamic].make({ learningRate: rateOf(values), decay: values['dynamic-decay'] });
}
