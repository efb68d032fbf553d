import {
  type BackendValues,
  type Command,
  type NoEffect,
  type OptionsFor,
  type Style,
  UsageError,
  anyText,
  backendOptions,
  fileError,
  flag,
  loadModel,
  path,
  readOptions,
  styleFor,
  useBackend,
  writeLine,
  writeOutput,
} from '@unroll/app-kit/cli';
import { UnrollError } from '@unroll/tensor';
import { once } from 'node:events';
import { basename } from 'node:path';
import { TAGGER_FORMAT } from '../../model-file.ts';
import { probabilitiesSvg } from '../../pictures.ts';
import { sentencesOf } from '../../segment.ts';
import type { Words } from '../../sentence.ts';
import { type Prediction, tag } from '../../tag.ts';
import type { Vocabularies } from '../../vocabularies.ts';
import { shortLines } from '../short-lines.ts';

interface TagValues extends Pick<BackendValues, 'backend'> {
  readonly text: string | undefined;
  readonly model: string;
  readonly json: boolean;
  readonly conll: boolean;
  readonly confidence: boolean;
  readonly tokenised: boolean;
  readonly language: string;
  readonly draw: string | undefined;
}

const options: OptionsFor<TagValues> = {
  text: anyText({ hint: 'text', help: 'what to tag; also without --text. Else: the standard input' }),
  model: path({ hint: 'path', help: 'folder of train, or a model file', fallback: 'tagger-model' }),
  json: flag('one JSON object a sentence: words, tags, confidences'),
  conll: flag('one word a line, its tag after a tab'),
  confidence: flag('write how probable each tag is'),
  tokenised: flag('a sentence a line, spaces between its words'),
  language: anyText({ hint: 'tag', help: 'by whose rules words are divided', fallback: 'en' }),
  draw: path({
    hint: 'file',
    help: 'where to draw how probable each tag is in the first sentence, as .svg',
    endings: ['.svg'],
  }),
  backend: backendOptions.backend,
};

const noEffect: readonly NoEffect<TagValues>[] = [
  { options: ['confidence'], where: { json: true } },
  { options: ['language'], where: { tokenised: true } },
];

/** Sentences that are tagged at once. */
const PORTION = 1024;
/** Words. What has no end for so long is no sentence, and is tagged in pieces. */
const LONGEST_SENTENCE = 256;

export const tagCommand: Command = {
  name: 'tag',
  summary: 'tag a text',
  description: 'Tags the words of a text, which is an argument or the standard input, sentence by sentence.',
  usage: '[text] [options]',
  groups: { Options: { ...options } },
  positional: 'text',
  alternatives: [{ option: 'json', others: ['conll'], why: 'Choose one.' }],
  examples: ['tag "They can light the lamp."', 'tag --json < book.txt > book.jsonl'],
  async run(given, { stdin, stdout, stderr }) {
    const values = readOptions(options, given, noEffect);
    if (values.text?.trim() === '' || (values.text === undefined && stdin.isTTY === true)) {
      throw new UsageError('There is nothing to tag. Give a text: "They can light the lamp."');
    }
    const divide = divider(values);
    await useBackend({ ...values, threads: 1, vectors: '128' }, (message) => writeLine(stderr, message));
    const { model, vocabularies } = await loadModel(values.model, TAGGER_FORMAT);
    const format = formatter(values, vocabularies, styleFor(stdout));
    let undrawn = values.draw;
    const write = async (sentences: readonly Words[]): Promise<void> => {
      const predictions = await tag({ model, vocabularies, sentences });
      if (undrawn !== undefined && predictions.length > 0) {
        const title = 'How probable each tag is';
        const svg = probabilitiesSvg({ [`to ${basename(values.model)}`]: predictions[0]! }, vocabularies, title);
        await writeOutput(undrawn, svg, 'draw');
        undrawn = undefined;
      }
      for (const each of predictions) {
        if (!stdout.write(`${format(each)}\n`)) await once(stdout, 'drain');
      }
    };
    try {
      for await (const lines of shortLines(values.text ?? stdin, { file: 'the standard input' })) {
        const sentences = lines.flatMap((line) => divide(line)).flatMap((sentence) => inPieces(sentence));
        for (let start = 0; start < sentences.length; start += PORTION) {
          await write(sentences.slice(start, start + PORTION));
        }
      }
    } catch (error) {
      const isUnreadable = error instanceof UnrollError && error.code === 'INVALID_FILE';
      throw isUnreadable ? fileError('text.txt', error) : error;
    }
    if (undrawn !== undefined) writeLine(stderr, `There was no sentence, so ${undrawn} was not drawn.`);
    return 0;
  },
};

function divider({ tokenised, language }: TagValues): (line: string) => readonly Words[] {
  if (tokenised) return (line) => (line.trim() === '' ? [] : [line.trim().split(/\s+/)]);
  try {
    Intl.getCanonicalLocales(language);
  } catch (error) {
    throw new UsageError(`--language is ${language}: give a language tag, say en or de-CH.`, { cause: error });
  }
  return (line) => sentencesOf(line, language);
}

function inPieces(sentence: Words): readonly Words[] {
  const count = Math.ceil(sentence.length / LONGEST_SENTENCE);
  return Array.from({ length: count }, (_, i) => sentence.slice(i * LONGEST_SENTENCE, (i + 1) * LONGEST_SENTENCE));
}

function formatter(
  { json, conll, confidence }: TagValues,
  { tags: known }: Vocabularies,
  style: Style,
): (prediction: Prediction) => string {
  const rounded = (x: number): string => x.toFixed(2);
  if (json) {
    return ({ words, tags, confidences }) =>
      JSON.stringify({ words, tags, confidences: confidences.map((each) => Number(each.toFixed(4))) });
  }
  if (conll) {
    return ({ words, tags, confidences }) =>
      words
        .map((word, i) => [word, tags[i]!, ...(confidence ? [rounded(confidences[i]!)] : [])].join('\t'))
        .join('\n')
        .concat('\n');
  }
  return ({ words, tags, confidences }) =>
    words
      .map((word, i) => {
        const label = `/${tags[i]!}${confidence ? `:${rounded(confidences[i]!)}` : ''}`;
        return tags[i] === 'O' ? word + style.dim(label) : word + style.color(label, known.idOf(tags[i]!));
      })
      .join(' ');
}
