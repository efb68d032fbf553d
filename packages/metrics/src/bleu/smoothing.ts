import { UnrollError } from '@unroll/backend';

/** What an n-gram order without a match counts as; without it one such order makes the whole score 0 (Chen and Cherry 2014). */
export interface BleuSmoothing {
  /** As sacrebleu writes it after `smooth:`. */
  readonly name: string;
  /** Added to the matches and the totals of orders from 2 on, before anything else. */
  readonly added: number;
  /**
   * The precision, from 0 to 1, of an order that has `total` n-grams and no match.
   * @param misses how many orders without a match there were so far, this one included
   */
  precisionOfNone(total: number, misses: number): number;
}

/** The k-th order without a match counts as 1 / 2ᵏ matches (mteval, NIST): sacrebleu's default. */
export const expSmoothing: BleuSmoothing = {
  name: 'exp',
  added: 0,
  precisionOfNone: (total, misses) => 1 / (2 ** misses * total),
};

/** An order without a match counts as `value` matches. sacrebleu's `floor`, default 0.1. */
export function floorSmoothing(value = 0.1): BleuSmoothing {
  return {
    name: `floor[${checked('floorSmoothing', value).toFixed(2)}]`,
    added: 0,
    precisionOfNone: (total) => value / total,
  };
}

/** `value` is added to matches and totals of all orders but the first (Lin and Och 2004). sacrebleu's `add-k`, default 1. */
export function addKSmoothing(value = 1): BleuSmoothing {
  return {
    name: `add-k[${checked('addKSmoothing', value).toFixed(2)}]`,
    added: value,
    precisionOfNone: () => 0,
  };
}

/** None: an order without a match makes the score 0. */
export const noSmoothing: BleuSmoothing = { name: 'none', added: 0, precisionOfNone: () => 0 };

function checked(where: string, value: number): number {
  if (value >= 0) return value;
  throw new UnrollError('INVALID_ARGUMENT', `${where}: the value is ${value}; it must not be negative.`);
}
