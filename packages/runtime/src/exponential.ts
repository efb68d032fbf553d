/**
 * eˣ of a number up to 0, as `portableExp` of the library: of additions, multiplications and divisions alone, which are exact to the bit in
 * every engine. `Math.exp` is not, and a probability that differs in its last bit may make another token.
 */
export function exponential(x: number): number {
  if (x < -746) return 0;
  const k = Math.round(x / Math.LN2);
  const r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10;
  let sum = 1;
  for (let n = 16; n >= 1; n--) sum = 1 + (r / n) * sum;
  // Some powers of two have no number where the product has one.
  const half = Math.trunc(k / 2);
  return sum * powerOfTwo(half) * powerOfTwo(k - half);
}

/** Of an exponent up to 0. */
function powerOfTwo(exponent: number): number {
  let power = 1;
  for (let i = exponent; i < 0; i++) power /= 2;
  return power;
}
