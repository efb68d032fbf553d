import {
  type Command,
  type OptionsFor,
  UsageError,
  anyText,
  flag,
  loadModel,
  path,
  readOptions,
  useBackend,
  writeLine,
} from '@unroll/app-kit/cli';
import { collect, readLines } from '@unroll/data';
import { terminal as terminalOptions } from '@unroll/inspect/node';
import { writeFileAtomic } from '@unroll/io/node';
import { UnrollError } from '@unroll/tensor';
import { alignmentSvg, alignmentText } from '../../alignment.ts';
import type { Translator } from '../../config.ts';
import { TRANSLATOR_FORMAT } from '../../model-file.ts';
import { type Translation, translate } from '../../translate.ts';
import { type SearchValues, searchOptions } from '../search-options.ts';

interface TranslateValues extends SearchValues {
  readonly text: string | undefined;
  readonly alignment: boolean;
  readonly svg: string | undefined;
  readonly json: boolean;
}

const options: OptionsFor<TranslateValues> = {
  text: anyText({ hint: 'text', help: 'what to translate; also without --text. Else: lines of the standard input' }),
  alignment: flag('draw where the model looked for each token that it wrote'),
  svg: path({ hint: 'file', help: 'draw it as an image; of one sentence' }),
  json: flag('a line of JSON for each sentence, with tokens and weights'),
  ...searchOptions,
};

export const translateCommand: Command = {
  name: 'translate',
  summary: 'translate a sentence, or lines of the standard input',
  description: 'Translates, by beam search. With --alignment or --svg it also draws where the model looked.',
  usage: '[text] [options]',
  groups: { Options: { ...options } },
  positional: 'text',
  examples: [
    'translate "in 12 days" --alignment',
    'translate "Italy, Brazil, and Japan" --svg alignment.svg',
    'translate --model german-english < sentences.txt',
  ],
  async run(given, { stdout, stderr }) {
    const values = readOptions(options, given);
    const { text, alignment, svg, json } = values;
    await useBackend(values, (message) => writeLine(stderr, message));
    const translator = await loadModel(values.model, TRANSLATOR_FORMAT);
    if ((alignment || svg !== undefined) && translator.config.attention === 'none') {
      throw new UsageError(`The model in ${values.model} has no attention: there is nothing to draw.`);
    }
    const texts = (text === undefined ? await inputLines() : [text]).filter((each) => each.trim() !== '');
    if (texts.length === 0) throw new UsageError('There is nothing to translate: the text is empty.');
    if (svg !== undefined && texts.length > 1) throw new UsageError('--svg draws one sentence. Give one.');
    warnOfUnknowns(translator, texts, (message) => writeLine(stderr, message));
    const found = await translate({
      translator,
      texts,
      beamSize: values.beam,
      maxLength: values['max-length'],
      lengthPenalty: values['length-penalty'],
    });
    for (const translation of found) {
      writeLine(stdout, json ? jsonOf(translation) : translation.text);
      if (alignment && translation.alignment) {
        stdout.write(alignmentText(translation.alignment, terminalOptions(stdout)));
      }
    }
    if (svg !== undefined) {
      const [{ source, text: written, alignment: drawn } = found[0]!] = found;
      await writeFileAtomic(svg, new TextEncoder().encode(alignmentSvg(drawn!, `${source} → ${written}`)));
    }
    return 0;
  },
};

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

function warnOfUnknowns({ source }: Translator, texts: readonly string[], warn: (message: string) => void): void {
  const unknown = [...new Set(texts.flatMap((text) => source.unknownsOf(text)))];
  if (unknown.length === 0) return;
  const listed = unknown.slice(0, 10).map((token) => JSON.stringify(token.trim()));
  const more = unknown.length > 10 ? ` and ${unknown.length - 10} more` : '';
  warn(`The model does not know ${listed.join(', ')}${more}. It reads them as unknown.`);
}

async function inputLines(): Promise<readonly string[]> {
  try {
    return await collect(readLines(process.stdin, { file: 'the standard input' }));
  } catch (error) {
    if (!(error instanceof UnrollError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}
