import { type Rng, checkRng } from '@unroll/tensor';
import { checkRange } from '../checks.ts';
import { TOY_TOKENS } from './tokens.ts';

export interface AnbnOptions {
  readonly rng: Rng;
  /** The smallest n. Default 1. */
  readonly min?: number;
  /** The largest n. */
  readonly max: number;
}

/**
 * Endless words of the language aⁿbⁿ, n equally likely from min to max: `start a … a b … b end`, 2n + 2 tokens with the ids
 * start 1, end 2, a 3, b 4; 5 in all with pad 0. After the first b the rest of a word is determined: a model that can count
 * predicts it. Gers & Schmidhuber 2001.
 */
export function anbn({ rng, min = 1, max }: AnbnOptions): Generator<Int32Array, never, undefined> {
  checkRng('anbn', rng);
  checkRange('anbn', min, max);
  return wordsOf({ rng, min, max });
}

function* wordsOf({ rng, min, max }: Required<AnbnOptions>): Generator<Int32Array, never, undefined> {
  const { start, end, symbol: a } = TOY_TOKENS;
  for (;;) {
    const n = min + rng.integer(max - min + 1);
    const word = new Int32Array(2 * n + 2).fill(a + 1);
    word[0] = start;
    word.fill(a, 1, 1 + n);
    word[2 * n + 1] = end;
    yield word;
  }
}
