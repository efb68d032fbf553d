import { type DataIdentity, type RunData, UsageError, quote, checkRereadable } from '@unroll/app-kit/cli';
import { UnrollError } from '@unroll/tensor';
import { createHash } from 'node:crypto';
import type { TranslatorConfig } from '../config.ts';
import { intlPairs } from '../pairs/intl-pairs.ts';
import type { Languages } from '../pairs/languages.ts';
import { type Pair, type Part, type Parts, partOf } from '../pairs/pair.ts';
import { type Corpus, corpusOf } from './corpus.ts';
import { type TrainValues, USUAL_LANGUAGES } from './train-options.ts';

/** What a run learns from. The texts to learn are read from their file whenever they are needed. */
export interface PairData extends RunData {
  /** What is known of them. */
  readonly languages: Pick<TranslatorConfig, 'from' | 'to'>;
  /** Pairs to learn. */
  readonly train: () => AsyncIterable<Pair> | Iterable<Pair>;
  /** Pairs to check by, no more than are looked at. */
  readonly validation: readonly Pair[];
  readonly counts: { readonly [part in Part]: number };
  /** What `eval` is given to judge the model by pairs that it has not learned from. */
  readonly judgedBy: readonly string[];
}

/** A longer validation part is cut here, so that validating does not take longer than training. */
const VALIDATION_LIMIT = 2000;

/**
 * Reads through the pairs once.
 * @throws UsageError if an option or a file is wrong
 */
export async function readPairData(values: TrainValues): Promise<PairData> {
  const corpus = corpusOf(values);
  const files = {
    corpus: values.validation,
    columns: values.columns,
    source: values['validation-source'],
    target: values['validation-target'],
  };
  const other = corpusOf(files, 'validation-');
  if (other && !corpus) throw new UsageError('There is a validation corpus, but none to learn from. Give that too.');
  if (!corpus) return builtInData(values);
  for (const file of [values.corpus, values.source, values.target]) if (file !== undefined) await checkRereadable(file);
  const survey = new Survey();
  // Where there is a corpus to check by, all is learned; else the part of a pair depends on its source, so that one that occurs often is in one part.
  for await (const pair of corpus.pairs()) survey.add(other ? 'train' : partOf(pair.source), pair);
  if (other) for await (const pair of other.pairs()) survey.add('validation', pair);
  const surveyed = survey.result(corpus.name);
  // A few pairs may all be learned.
  const part = surveyed.counts.test > 0 ? ['--part', 'test'] : [];
  return {
    ...surveyed,
    languages: { from: values.from, to: values.to },
    train: () => (other ? corpus.pairs() : partsOf(corpus, 'train')),
    arguments: [...corpus.arguments, ...validationArguments(values)],
    judgedBy: other ? other.arguments : [...corpus.arguments, ...part],
  };
}

/**
 * The pairs of one part of a corpus: by the text of each source, as for built-in data.
 * @throws UsageError if a file is wrong
 */
export async function* partsOf(corpus: Corpus, part: Part): AsyncGenerator<Pair, void, undefined> {
  for await (const pair of corpus.pairs()) if (partOf(pair.source) === part) yield pair;
}

/**
 * The pairs of two languages that the runtime knows.
 * @throws UsageError if it does not
 */
export function builtIn({ from, to, pairs, seed }: Languages & Pick<TrainValues, 'pairs' | 'seed'>): Parts {
  try {
    return intlPairs({ from, to, count: pairs, seed });
  } catch (error) {
    if (!(error instanceof UnrollError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

function builtInData(values: TrainValues): PairData {
  const { from = USUAL_LANGUAGES.from, to = USUAL_LANGUAGES.to } = values;
  const languages = { from, to };
  const parts = builtIn({ ...values, ...languages });
  const survey = new Survey();
  for (const part of Object.keys(parts) as Part[]) for (const pair of parts[part]) survey.add(part, pair);
  return { ...survey.result('built-in pairs'), languages, train: () => parts.train, arguments: [], judgedBy: [] };
}

function validationArguments(values: TrainValues): readonly string[] {
  const names = ['validation', 'validation-source', 'validation-target'] as const;
  return names.flatMap((name) => (values[name] === undefined ? [] : [`--${name}`, quote(values[name])]));
}

/** What is to be known of pairs before any of them is learned. */
class Survey {
  readonly #hash = createHash('sha256');
  readonly #counts: { [part in Part]: number } = { train: 0, validation: 0, test: 0 };
  readonly #validation: Pair[] = [];
  #length = 0;

  add(part: Part, pair: Pair): void {
    this.#counts[part]++;
    if (part === 'validation' && this.#validation.length < VALIDATION_LIMIT) this.#validation.push(pair);
    if (part !== 'train') return;
    this.#hash.update(`${pair.source}\t${pair.target}\n`);
    this.#length += pair.source.length + pair.target.length;
  }

  result(name: string): Pick<PairData, 'counts' | 'validation'> & { readonly identity: DataIdentity } {
    const identity = { name, length: this.#length, sha256: this.#hash.digest('hex') };
    return { identity, counts: this.#counts, validation: this.#validation };
  }
}
