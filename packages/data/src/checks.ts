import { UnrollError } from '@unroll/backend';

/** @throws UnrollError INVALID_ARGUMENT unless `value` is an integer from `least` on */
export function checkCount(where: string, name: string, value: number, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new UnrollError('INVALID_ARGUMENT', `${where}: ${name} is ${value}; it must be an integer from ${least} on.`);
}

/**
 * Plain JavaScript may give one thing where many belong.
 * @throws UnrollError INVALID_ARGUMENT unless it is an array; `remedy` is a sentence
 */
export function checkList(where: string, name: string, given: unknown, remedy: string): void {
  if (Array.isArray(given)) return;
  throw new UnrollError('INVALID_ARGUMENT', `${where}: ${name} are ${described(given)}, no list. ${remedy}`);
}

/**
 * A set, a generator or a tensor has no length, and would pass for an empty list.
 * @throws UnrollError INVALID_ARGUMENT unless they have a length
 */
export function checkItems(where: string, items: unknown): void {
  const { length } = (items ?? {}) as { readonly length?: unknown };
  if (Number.isInteger(length)) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${where}: the items are ${described(items)}, no list. Array.from(items) makes one of a set or a generator.`,
  );
}

/**
 * Text that was not encoded, or a list, is no array of tokens.
 * @throws UnrollError INVALID_ARGUMENT naming what was given
 */
export function checkTokenArray(where: string, tokens: unknown): void {
  if (ArrayBuffer.isView(tokens)) return;
  const remedy =
    typeof tokens === 'string' ? 'vocabulary.encode(text) makes one' : 'Int32Array.from(ids) makes one of a list';
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${where}: the tokens are ${described(tokens)}, no array of ids as Int32Array; ${remedy}.`,
  );
}

/** What was given where something else was expected. */
export function described(given: unknown): string {
  if (typeof given === 'string') return 'a text';
  if (Array.isArray(given)) return 'a list';
  return typeof given === 'object' && given !== null
    ? `an object (${given.constructor?.name ?? 'Object'})`
    : String(given);
}

/** @throws UnrollError INVALID_ARGUMENT unless 0 ≤ least ≤ most, both integers */
export function checkRange(where: string, least: number, most: number): void {
  if (Number.isSafeInteger(least) && Number.isSafeInteger(most) && least >= 0 && least <= most) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${where}: lengths from ${least} to ${most} are no range: integers from 0 on are needed, the smaller one first.`,
  );
}
