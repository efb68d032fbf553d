import { type DType, type TypedArray, allocate } from '../buffer.ts';
import { type Shape, sizeOf } from '../shape.ts';

/** Numbers in [0, 1). */
export type Random = () => number;

/** The element at position `i`. */
export type Fill = (random: Random, i: number) => number;

export function uniform(low: number, high: number): Fill {
  return (random) => low + (high - low) * random();
}

/** Whole numbers from `low` to `high`, both included. */
export function integers(low: number, high: number): Fill {
  return (random) => Math.floor(low + (high - low + 1) * random());
}

/** These values, over and over. */
export function cycle(values: readonly number[]): Fill {
  return (_random, i) => values[i % values.length]!;
}

/** What an input holds if its case does not say. */
export function defaultFill(dtype: DType): Fill {
  return dtype === 'int32' ? integers(-9, 9) : uniform(-2, 2);
}

export function filled(dtype: DType, shape: Shape, fill: Fill, random: Random): TypedArray {
  const data = allocate(dtype, sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = fill(random, i);
  return data;
}

/**
 * A sequence of random numbers that depends on a text alone: each test draws the same inputs whatever ran before it.
 * Hash: FNV-1a. Generator: Marsaglia's xorshift with 32 bits (Journal of Statistical Software 8, 2003).
 */
export function randomFrom(text: string): Random {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  state ||= 1;
  const bits = (count: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> (32 - count);
  };
  // As many digits as a double has, or sums in double precision would come out exact.
  return () => (bits(27) * 2 ** 26 + bits(26)) / 2 ** 53;
}
