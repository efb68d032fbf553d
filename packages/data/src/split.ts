import { UnrollError } from '@unroll/backend';
import type { Rng } from '@unroll/tensor';
import type { TokenArray } from './token-array.ts';

/** Two parts without an item in common. */
export interface Split<Items> {
  readonly train: Items;
  readonly validation: Items;
}

/**
 * The first ⌊trainFraction · N⌋ tokens of a text, and the rest. Both are views on the same memory.
 * @throws UnrollError INVALID_ARGUMENT if the fraction is not from 0 to 1
 */
export function trainValidationSplit<Tokens extends TokenArray>(
  tokens: Tokens,
  options: { readonly trainFraction: number },
): Split<Tokens>;
/**
 * ⌊trainFraction · N⌋ of the items, and the rest: the first ones without an rng, random ones with it.
 * Items that belong together (repeats, sentences of one document) must be one item, or the validation part is not new to the model.
 * @throws UnrollError INVALID_ARGUMENT if the fraction is not from 0 to 1
 */
export function trainValidationSplit<Item>(
  items: readonly Item[],
  options: { readonly trainFraction: number; readonly rng?: Rng },
): Split<readonly Item[]>;
export function trainValidationSplit<Item>(
  items: TokenArray | readonly Item[],
  { trainFraction, rng }: { readonly trainFraction: number; readonly rng?: Rng },
): Split<TokenArray | readonly Item[]> {
  if (!(trainFraction >= 0 && trainFraction <= 1)) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `trainValidationSplit: trainFraction is ${trainFraction}; it must be from 0 to 1, say 0.9.`,
    );
  }
  const cut = Math.floor(items.length * trainFraction);
  if (!isList(items)) return { train: items.subarray(0, cut), validation: items.subarray(cut) };
  const ordered = rng ? Array.from(rng.permutation(items.length), (i) => items[i]!) : items;
  return { train: ordered.slice(0, cut), validation: ordered.slice(cut) };
}

function isList<Item>(items: TokenArray | readonly Item[]): items is readonly Item[] {
  return Array.isArray(items);
}
