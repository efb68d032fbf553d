import {
  ANY,
  type Command,
  type NoEffect,
  type OptionsFor,
  Preparation,
  UsageError,
  choice,
  count,
  integer,
  loadModel,
  readOptions,
  useBackend,
  writeLine,
} from '@unroll/app-kit/cli';
import { collect } from '@unroll/data';
import {
  type BleuTokenizer,
  tokenizer13a,
  tokenizerCharacters,
  tokenizerInternational,
  tokenizerNone,
} from '@unroll/metrics';
import type { TranslatorConfig } from '../../config.ts';
import { evaluate } from '../../evaluate.ts';
import { TRANSLATOR_FORMAT } from '../../model-file.ts';
import type { Pair } from '../../pairs/pair.ts';
import { type CorpusValues, corpusAlternatives, corpusOf, corpusOptions } from '../corpus.ts';
import { builtIn, partsOf } from '../pair-data.ts';
import { type SearchValues, searchNoEffect, searchOptions } from '../search-options.ts';
import { languageOptions } from '../train-options.ts';

const TOKENIZERS = {
  '13a': tokenizer13a,
  intl: tokenizerInternational,
  char: tokenizerCharacters,
  none: tokenizerNone,
} satisfies Readonly<Record<string, BleuTokenizer>>;

interface EvalValues extends CorpusValues, SearchValues {
  readonly part: 'all' | 'validation' | 'test' | undefined;
  readonly pairs: number;
  readonly seed: number;
  readonly 'bleu-tokenizer': keyof typeof TOKENIZERS;
  readonly mistakes: number;
}

const options: OptionsFor<EvalValues> = {
  ...corpusOptions,
  part: choice({
    words: ['all', 'validation', 'test'],
    help: 'which part; train learns from neither validation nor test [test of built-in pairs, all of a corpus]',
  }),
  pairs: languageOptions.pairs,
  seed: integer({ hint: 'n', help: 'of the built-in pairs', min: Number.MIN_SAFE_INTEGER, fallback: '1' }),
  'bleu-tokenizer': choice({
    words: Object.keys(TOKENIZERS) as (keyof typeof TOKENIZERS)[],
    help: 'how BLEU cuts words; char for languages without spaces',
    fallback: '13a',
  }),
  mistakes: integer({ hint: 'n', help: 'list so many translations that are not equal', min: 0, fallback: '5' }),
  ...searchOptions,
};

const noEffect: readonly NoEffect<EvalValues>[] = [
  ...searchNoEffect,
  { options: ['pairs', 'seed'], where: { corpus: ANY } },
  { options: ['pairs', 'seed'], where: { source: ANY } },
  { options: ['columns'], where: { corpus: undefined } },
];

export const evalCommand: Command = {
  name: 'eval',
  summary: 'tell how good the translations of unseen sentences are',
  description:
    'Translates sentences and compares: BLEU and chrF with their signatures, the share that equals the reference to the character, and the ' +
    'perplexity of the references. Without a corpus it takes the part of the built-in pairs that train never learns from.',
  usage: '[corpus] [options]',
  groups: { Options: { ...options } },
  positional: 'corpus',
  alternatives: [corpusAlternatives],
  examples: ['eval', 'eval corpus.tsv --part test', 'eval --source val.de --target val.en --bleu-tokenizer none'],
  async run(given, { stdout, stderr }) {
    const values = readOptions(options, given, noEffect);
    const backend = await useBackend(values, (message) => writeLine(stderr, message));
    const translator = await loadModel(values.model, TRANSLATOR_FORMAT);
    const { name, pairs } = await pairsOf(values, translator.config, new Preparation(stderr));
    const result = await evaluate({
      translator,
      pairs,
      tokenizer: TOKENIZERS[values['bleu-tokenizer']],
      beamSize: values.beam,
      maxLength: values['max-length'],
      lengthPenalty: values['length-penalty'],
    });
    writeLine(stdout, `pairs         ${count(pairs.length)} (${name})`);
    writeLine(stdout, `exact match   ${(100 * result.exactMatch).toFixed(2)} %`);
    writeLine(stdout, `BLEU          ${result.bleu.score.toFixed(2)}   ${result.bleu.signature}`);
    writeLine(stdout, `${result.chrf.name.padEnd(13)} ${result.chrf.score.toFixed(2)}   ${result.chrf.signature}`);
    writeLine(stdout, `perplexity    ${result.perplexity.toFixed(4)}`);
    writeLine(stdout, `backend       ${backend}`);
    const { target } = translator;
    const mistakes = result.translations.flatMap(({ source, text }, i) => {
      const reference = target.normalize(pairs[i]!.target);
      return text === reference ? [] : [{ source, text, reference }];
    });
    for (const { source, text, reference } of mistakes.slice(0, values.mistakes)) {
      writeLine(stdout);
      writeLine(stdout, `source        ${source}`);
      writeLine(stdout, `translation   ${text}`);
      writeLine(stdout, `reference     ${reference}`);
    }
    return 0;
  },
};

async function pairsOf(
  values: EvalValues,
  { from, to }: TranslatorConfig,
  preparation: Preparation,
): Promise<{ readonly name: string; readonly pairs: readonly Pair[] }> {
  const corpus = corpusOf(values);
  const { part = corpus ? 'all' : 'test' } = values;
  if (!corpus) {
    if (from === undefined || to === undefined) {
      throw new UsageError(
        `The model in ${values.model} does not say of which languages it is, as it was trained with a corpus. Give a corpus to judge it by.`,
      );
    }
    const parts = await builtIn({ ...values, from, to }, preparation);
    if (part !== 'all') return { name: `${part} part of the built-in pairs, ${from} to ${to}`, pairs: parts[part] };
    return { name: `built-in pairs, ${from} to ${to}`, pairs: Object.values(parts).flat() };
  }
  const read = (from: AsyncIterable<Pair>): Promise<readonly Pair[]> =>
    collect(preparation.through(from, { what: 'Reading pairs' }));
  if (part === 'all') return { name: corpus.name, pairs: await read(corpus.pairs()) };
  const pairs = await read(partsOf(corpus, part));
  if (pairs.length > 0) return { name: `${part} part of ${corpus.name}`, pairs };
  throw new UsageError(`${corpus.name} has no pair in its ${part} part. Use --part all.`);
}
