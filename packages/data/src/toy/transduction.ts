import { type Rng, checkRng } from '@unroll/tensor';
import { checkCount, checkRange } from '../checks.ts';
import { TOY_TOKENS } from './tokens.ts';

export interface TransductionOptions {
  readonly rng: Rng;
  /** The number of different symbols; their ids are 3 … symbols + 2, so ids go up to symbols + 3 in all. */
  readonly symbols: number;
  /** Of the source. Default 1. */
  readonly minLength?: number;
  readonly maxLength: number;
}

/** A question and its answer. */
export interface TransductionExample {
  /** Symbols. */
  readonly source: Int32Array;
  /** Symbols. */
  readonly target: Int32Array;
  /** Both as one sequence for a language model: `…source start …target end`, with start 1 and end 2. */
  readonly tokens: Int32Array;
}

/**
 * Endless examples whose target is the source. Symbols and lengths are equally likely.
 * Only a model that remembers the whole source can answer. Graves, Wayne & Danihelka 2014.
 */
export function copyTask(options: TransductionOptions): Generator<TransductionExample, never, undefined> {
  return transductions('copyTask', options, (source) => source.slice());
}

/** Endless examples whose target is the source backwards. Symbols and lengths are equally likely. */
export function reverseTask(options: TransductionOptions): Generator<TransductionExample, never, undefined> {
  return transductions('reverseTask', options, (source) => source.toReversed());
}

function transductions(
  task: string,
  { rng, symbols, minLength = 1, maxLength }: TransductionOptions,
  answer: (source: Int32Array) => Int32Array,
): Generator<TransductionExample, never, undefined> {
  checkRng(task, rng);
  checkCount(task, 'symbols', symbols);
  checkRange(task, minLength, maxLength);
  return examples({ rng, symbols, minLength, maxLength }, answer);
}

function* examples(
  { rng, symbols, minLength, maxLength }: Required<TransductionOptions>,
  answer: (source: Int32Array) => Int32Array,
): Generator<TransductionExample, never, undefined> {
  const { start, end, symbol } = TOY_TOKENS;
  for (;;) {
    const length = minLength + rng.integer(maxLength - minLength + 1);
    const source = Int32Array.from({ length }, () => symbol + rng.integer(symbols));
    const target = answer(source);
    yield { source, target, tokens: Int32Array.of(...source, start, ...target, end) };
  }
}
