const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
const ONE_OVER_SQRT_PI = 1 / Math.sqrt(Math.PI);

/** Below, the series needs few terms; above, the continued fraction does. */
const SERIES_LIMIT = 2.5;
/** From here on 1 − erf(x) is less than half of the gap below 1. */
const ONE_LIMIT = 6;
const FRACTION_DEPTH = 40;

/**
 * The error function, to about 1e-15 relative error.
 * Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.6 (series) and 7.1.14 (continued fraction).
 */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < SERIES_LIMIT) return series(x);
  if (magnitude < ONE_LIMIT) return Math.sign(x) * (1 - complement(magnitude));
  // NaN lands here, and stays.
  return Math.sign(x);
}

/** erf x = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): no term is negative, so that nothing cancels. */
function series(x: number): number {
  const twice = 2 * x * x;
  let term = x;
  let sum = x;
  for (let odd = 3; ; odd += 2) {
    term *= twice / odd;
    const next = sum + term;
    if (next === sum) return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
    sum = next;
  }
}

/** 1 − erf x = 1/√π · e^(−x²) · 1/(x + ½/(x + 1/(x + 1½/(x + …)))) for x > 0. */
function complement(x: number): number {
  let fraction = x;
  for (let i = FRACTION_DEPTH; i > 0; i--) fraction = x + i / 2 / fraction;
  return (ONE_OVER_SQRT_PI * Math.exp(-x * x)) / fraction;
}
