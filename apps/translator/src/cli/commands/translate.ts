import {
  type Command,
  type Input,
  type NoEffect,
  type OptionsFor,
  UsageError,
  anyText,
  fileError,
  flag,
  loadModel,
  path,
  readOptions,
  useBackend,
  writeLine,
  writeOutput,
} from '@unroll/app-kit/cli';
import { readLines } from '@unroll/data';
import { terminal as terminalOptions } from '@unroll/inspect/node';
import { UnrollError } from '@unroll/tensor';
import { once } from 'node:events';
import { alignmentSvg, alignmentText } from '../../alignment.ts';
import { TRANSLATOR_FORMAT } from '../../model-file.ts';
import { type Translation, translate } from '../../translate.ts';
import { alignmentPage } from '../alignment-page.ts';
import { type SearchValues, searchNoEffect, searchOptions } from '../search-options.ts';
import { Unknowns } from '../unknowns.ts';

interface TranslateValues extends SearchValues {
  readonly text: string | undefined;
  readonly alignment: boolean;
  readonly svg: string | undefined;
  readonly html: string | undefined;
  readonly json: boolean;
}

const options: OptionsFor<TranslateValues> = {
  text: anyText({ hint: 'text', help: 'what to translate; also without --text. Else: lines of the standard input' }),
  alignment: flag('draw where the model looked for each token that it wrote'),
  svg: path({ hint: 'file', help: 'draw it as an image; of one sentence', endings: ['.svg'] }),
  html: path({ hint: 'file', help: 'draw it in a page, for every sentence', endings: ['.html'] }),
  json: flag('a line of JSON for each sentence, with tokens and weights'),
  ...searchOptions,
};

const noEffect: readonly NoEffect<TranslateValues>[] = [
  ...searchNoEffect,
  // Tokens and weights are in it.
  { options: ['alignment'], where: { json: true } },
];

/** Lines that are translated at once. */
const PORTION = 256;

export const translateCommand: Command = {
  name: 'translate',
  summary: 'translate a sentence, or lines of the standard input',
  description:
    'Translates, by beam search: a line of output for each line of input. With --alignment, --svg or --html it also draws where the model looked.',
  usage: '[text] [options]',
  groups: { Options: { ...options } },
  positional: 'text',
  examples: [
    'translate "in 12 days" --alignment',
    'translate "Italy, Brazil, and Japan" --svg alignment.svg',
    'translate --model german-english --html alignments.html < sentences.txt',
  ],
  async run(given, terminal) {
    const { stdin, stdout, stderr } = terminal;
    const values = readOptions(options, given, noEffect);
    const { text, alignment, svg, html, json } = values;
    if (text?.trim() === '') throw new UsageError('There is nothing to translate: the text is empty.');
    await useBackend(values, (message) => writeLine(stderr, message));
    const translator = await loadModel(values.model, TRANSLATOR_FORMAT);
    if ((alignment || svg !== undefined || html !== undefined) && translator.config.attention === 'none') {
      throw new UsageError(`The model in ${values.model} has no attention: there is nothing to draw.`);
    }
    if (text === undefined && stdin.isTTY === true) {
      writeLine(stderr, 'A sentence on each line, please. Ctrl-D ends.');
    }
    const unknowns = new Unknowns(translator.source);
    const drawn: Translation[] = [];
    // Whoever reads the output may stop: what was translated until then is still drawn.
    let isClosed = false;
    if (html !== undefined) terminal.onOutputClosed(() => (isClosed = true));
    for await (const lines of text === undefined ? portions(stdin) : [[text]]) {
      if (isClosed) break;
      if (svg !== undefined && lines.length + drawn.length > 1)
        throw new UsageError('--svg draws one sentence. Give one.');
      for (const line of lines) unknowns.take(line);
      for (const translation of await inOrder(lines, (texts) =>
        translate({
          translator,
          texts,
          beamSize: values.beam,
          maxLength: values['max-length'],
          lengthPenalty: values['length-penalty'],
        }),
      )) {
        if (svg !== undefined || html !== undefined) drawn.push(translation);
        if (svg !== undefined) await writeSvg(svg, translation);
        let written = `${json ? jsonOf(translation) : translation.text}\n`;
        if (alignment && translation.alignment) {
          written += alignmentText(translation.alignment, terminalOptions(stdout));
        }
        if (isClosed || stdout.write(written)) continue;
        await once(stdout, 'drain').catch((error: unknown) => {
          if (!isClosed) throw error;
        });
      }
    }
    const about = unknowns.message();
    if (about !== undefined) writeLine(stderr, about);
    if (drawn.some(isDrawable)) {
      if (html !== undefined) await writeOutput(html, alignmentPage(drawn), 'html');
    } else {
      const missing = [svg, html].filter((file) => file !== undefined);
      if (missing.length > 0) writeLine(stderr, `There was no sentence, so ${missing.join(' and ')} was not drawn.`);
    }
    return 0;
  },
};

async function writeSvg(file: string, { source, text, alignment }: Translation): Promise<void> {
  if (alignment) await writeOutput(file, alignmentSvg(alignment, `${source} → ${text}`), 'svg');
}

/** An empty line is not. */
function isDrawable({ alignment }: Translation): boolean {
  return alignment !== undefined;
}

/** Translates what has text; an empty line stays one, so that lines of output belong to lines of input. */
async function inOrder(
  lines: readonly string[],
  translateAll: (texts: readonly string[]) => Promise<readonly Translation[]>,
): Promise<readonly Translation[]> {
  const found = (await translateAll(lines.filter((line) => line.trim() !== '')))[Symbol.iterator]();
  return lines.map((line) => {
    const next = line.trim() === '' ? undefined : found.next();
    if (next && !next.done) return next.value;
    return { source: line, text: '', logProbability: 0, alignment: undefined };
  });
}

function jsonOf({ source, text, logProbability, alignment }: Translation): string {
  const { sourceTokens, targetTokens, weights } = alignment ?? {};
  const rows = weights && {
    weights: Array.from({ length: weights.rows }, (_, row) =>
      Array.from({ length: weights.columns }, (_, column) =>
        Number(weights.data[row * weights.columns + column]!.toFixed(4)),
      ),
    ),
  };
  return JSON.stringify({ source, text, logProbability, sourceTokens, targetTokens, ...rows });
}

/** Lines as they come: one by one from a person, else so many that like lengths can be put together. */
async function* portions(stdin: Input): AsyncGenerator<readonly string[], void, undefined> {
  const most = stdin.isTTY === true ? 1 : PORTION;
  let lines: string[] = [];
  try {
    for await (const line of readLines(stdin, { file: 'the standard input' })) {
      lines.push(line);
      if (lines.length < most) continue;
      yield lines;
      lines = [];
    }
  } catch (error) {
    if (!(error instanceof UnrollError)) throw error;
    throw fileError('input', error);
  }
  if (lines.length > 0) yield lines;
}
