import {
  type DataIdentity,
  OptionError,
  type Preparation,
  type RunData,
  UsageError,
  checkRereadable,
  count,
  quote,
} from '@unroll/app-kit/cli';
import { UnrollError } from '@unroll/tensor';
import { createHash } from 'node:crypto';
import { getHeapStatistics } from 'node:v8';
import type { TranslatorConfig } from '../config.ts';
import { drawIntlPairs } from '../pairs/intl-pairs.ts';
import type { Languages } from '../pairs/languages.ts';
import { type Pair, type Part, type Parts, partOf } from '../pairs/pair.ts';
import { type Corpus, corpusOf } from './corpus.ts';
import { type TrainValues, USUAL_LANGUAGES } from './train-options.ts';

/** What a run learns from. The texts to learn are read from their file whenever they are needed. */
export interface PairData extends RunData {
  /** What is known of them. */
  readonly languages: Pick<TranslatorConfig, 'from' | 'to'>;
  /** Pairs to learn; what is done with them is told if it takes long: `Counting tokens`. */
  readonly train: (what: string) => AsyncIterable<Pair>;
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
export async function readPairData(values: TrainValues, preparation: Preparation): Promise<PairData> {
  const corpus = corpusOf(values);
  const files = {
    corpus: values.validation,
    columns: values.columns,
    source: values['validation-source'],
    target: values['validation-target'],
  };
  const other = corpusOf(files, 'validation-');
  if (other && !corpus) throw new UsageError('There is a validation corpus, but none to learn from. Give that too.');
  if (!corpus) return builtInData(values, preparation);
  for (const file of [values.corpus, values.source, values.target]) if (file !== undefined) await checkRereadable(file);
  const survey = new Survey();
  // Where there is a corpus to check by, all is learned; else the part of a pair depends on its source, so that one that occurs often is in one part.
  const read = (pairs: AsyncIterable<Pair>): AsyncIterable<Pair> =>
    preparation.through(pairs, { what: 'Reading pairs' });
  for await (const pair of read(corpus.pairs())) survey.add(other ? 'train' : partOf(pair.source), pair);
  if (other) for await (const pair of read(other.pairs())) survey.add('validation', pair);
  const surveyed = survey.result(corpus.name);
  // A few pairs may all be learned.
  const part = surveyed.counts.test > 0 ? ['--part', 'test'] : [];
  return {
    ...surveyed,
    languages: { from: values.from, to: values.to },
    train: (what) =>
      preparation.through(other ? corpus.pairs() : partsOf(corpus, 'train'), { what, total: surveyed.counts.train }),
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

/** About what a pair takes while its likes are drawn, so that none occurs twice. */
const BYTES_OF_PAIR = 300;
/** V8 keeps no more in a set. */
const LARGEST_SET = 2 ** 24 - 1;

/**
 * The pairs of two languages that the runtime knows.
 * @throws UsageError if it does not, or if there is no room for so many
 */
export async function builtIn(
  { from, to, pairs, seed }: Languages & Pick<TrainValues, 'pairs' | 'seed'>,
  preparation: Preparation,
): Promise<Parts> {
  const room = getHeapStatistics().heap_size_limit;
  const most = Math.min(LARGEST_SET, Math.floor(room / BYTES_OF_PAIR));
  if (pairs > most) {
    const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
    const needed = BYTES_OF_PAIR * pairs;
    const why =
      needed > room
        ? `so many built-in pairs take about ${gigabytes(needed)} of memory, and this process may use ${gigabytes(room)}`
        : 'so many built-in pairs are more than can be told apart';
    throw new OptionError(
      ['pairs'],
      (named) =>
        `${named('pairs')} is ${count(pairs)}: ${why}. Ask for at most ${count(most)}, or give a corpus, which may be larger.`,
    );
  }
  const parts = { train: [] as Pair[], validation: [] as Pair[], test: [] as Pair[] };
  try {
    const drawn = preparation.through(drawIntlPairs({ from, to, count: pairs, seed }), {
      what: 'Drawing pairs',
      total: pairs,
    });
    for await (const pair of drawn) parts[partOf(pair.source)].push(pair);
  } catch (error) {
    if (!(error instanceof UnrollError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
  return parts;
}

async function builtInData(values: TrainValues, preparation: Preparation): Promise<PairData> {
  const { from = USUAL_LANGUAGES.from, to = USUAL_LANGUAGES.to } = values;
  const languages = { from, to };
  const parts = await builtIn({ ...values, ...languages }, preparation);
  const survey = new Survey();
  for (const part of Object.keys(parts) as Part[]) for (const pair of parts[part]) survey.add(part, pair);
  return {
    ...survey.result('built-in pairs'),
    languages,
    train: (what) => preparation.through(parts.train, { what, total: parts.train.length }),
    arguments: [],
    judgedBy: [],
  };
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
