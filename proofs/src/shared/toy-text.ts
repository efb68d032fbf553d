import { Rng } from '@unroll/tensor';

/** The number of symbols in a toy text. */
export const TOY_SYMBOLS = 12;

/** A text without meaning that can be learned in part: each symbol is mostly followed by one of two others. The same for everybody. */
export function toyText(length: number): Int32Array {
  const rng = new Rng(1);
  const text = new Int32Array(length);
  for (let i = 1; i < length; i++) {
    const usual = (text[i - 1]! * 5 + 1 + rng.integer(2)) % TOY_SYMBOLS;
    text[i] = rng.next() < 0.9 ? usual : rng.integer(TOY_SYMBOLS);
  }
  return text;
}
