/** A text and its translation. */
export interface Pair {
  readonly source: string;
  readonly target: string;
}

/** What is learned from, what is looked at while learning, and what is kept to judge by. */
export type Part = 'train' | 'validation' | 'test';

/** Pairs by their part. No source and no target is in two of them. */
export type Parts = { readonly [part in Part]: readonly Pair[] };

/**
 * The part that a source belongs to, by its text alone: a twentieth for validation, a twentieth for the test. So the parts never overlap, whatever the
 * seed and however many pairs there are.
 */
export function partOf(source: string): Part {
  const bucket = hash(source) % 20;
  return bucket === 0 ? 'validation' : bucket === 1 ? 'test' : 'train';
}

/** FNV-1a over UTF-16 units, with the final mix of MurmurHash3, as the low bits of FNV alone are uneven. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
