import { UnrollError } from '@unroll/backend';
import { described } from './checks.ts';

/** How often each token occurs, counted sequence by sequence: what a vocabulary of a file of any length needs. */
export class TokenCounter {
  readonly #counts = new Map<string, number>();

  /** Counts the tokens of one more sequence. A string counts as its characters (code points). */
  add(tokens: Iterable<string>): void {
    for (const token of tokens) {
      const count = this.#counts.get(token);
      checkToken(token);
      if (count === undefined) this.#counts.set(detached(token), 1);
      else this.#counts.set(token, count + 1);
    }
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}

/** @throws UnrollError INVALID_ARGUMENT for a sequence of tokens, a number, or nothing */
export function checkToken(token: unknown): void {
  if (typeof token === 'string') return;
  const remedy = Array.isArray(token)
    ? 'Sequences of tokens are counted by Vocabulary.fromSequences.'
    : 'Tokens are strings.';
  throw new UnrollError('INVALID_ARGUMENT', `Vocabulary: a token is ${described(token)}, no string. ${remedy}`);
}

/** The same string in memory of its own: engines let a slice of a text keep the whole text alive. */
function detached(token: string): string {
  return token.length < 13 ? token : ` ${token}`.slice(1);
}

/** At most `limit` tokens that occur `minFrequency` times or more, the most frequent first; ties by code point. */
export function mostFrequent(
  counts: ReadonlyMap<string, number>,
  { minFrequency, limit }: { readonly minFrequency: number; readonly limit: number },
): readonly string[] {
  return [...counts]
    .filter(([, count]) => count >= minFrequency)
    .toSorted(([a, countA], [b, countB]) => countB - countA || compareCodePoints(a, b))
    .slice(0, limit)
    .map(([token]) => token);
}

/** The order of code points, as in Python; `<` on strings compares UTF-16 units, which puts emoji before U+E000 to U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return rank(a, i) - rank(b, i);
}

/** A UTF-16 unit as a number that sorts as its code point does: surrogates stand for U+10000 and above. */
function rank(text: string, i: number): number {
  if (i >= text.length) return -1;
  const unit = text.charCodeAt(i);
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x1_0000 : unit;
}
