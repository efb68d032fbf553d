import { v128 } from '../assembler/instructions.ts';
import type { V128 } from '../assembler/value.ts';
import { type Context, expNear } from './exp.ts';

interface Approximation {
  /** Terms of the Taylor series for |x| < 1. */
  readonly terms: number;
  /** Terms of the Chebyshev series from 1 on. */
  readonly chebyshev: number;
  /** Beyond, erf rounds to ±1. */
  readonly limit: number;
}

const APPROXIMATIONS: Readonly<Record<'float32' | 'float64', Approximation>> = {
  float32: { terms: 11, chebyshev: 8, limit: 4 },
  float64: { terms: 19, chebyshev: 24, limit: 6 },
};

/**
 * The error function. For |x| < 1 by its Taylor series 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n!·(2n + 1)), so that the error is relative near 0;
 * from there on 1 − e^(−x²)·g(x), where g is smooth: a Chebyshev series in 1/x. NaN at NaN.
 */
export function erf(context: Context, input: V128): V128 {
  const { f, lanes, constants } = context;
  const { terms, chebyshev, limit } = APPROXIMATIONS[lanes.dtype];
  const constant = (value: number): V128 => lanes.constant(constants, value);
  const x = f.let(input);
  const magnitude = f.let(lanes.abs(x));

  const square = f.let(lanes.mul(x, x));
  let taylor = constant(taylorCoefficient(terms - 1));
  for (let n = terms - 2; n >= 0; n--) taylor = lanes.add(lanes.mul(taylor, square), constant(taylorCoefficient(n)));
  const near = f.let(lanes.mul(taylor, x));

  // From 1 to the limit, 1/x becomes −1 to 1.
  const clamped = f.let(lanes.pmin(magnitude, constant(limit)));
  const [scale, shift] = [2 / (1 - 1 / limit), (1 + 1 / limit) / (1 - 1 / limit)];
  const u = f.let(lanes.sub(lanes.div(constant(scale), clamped), constant(shift)));
  const g = clenshaw(
    context,
    u,
    chebyshevCoefficients(chebyshev, (t) => scaledComplement(scale / (t + shift))),
  );
  const minusSquare = lanes.neg(lanes.mul(clamped, clamped));
  const far = f.let(lanes.sub(constant(1), lanes.mul(expNear(context, minusSquare), g)));

  const sign = v128.and(x, constant(-0));
  return v128.bitselect(near, v128.or(far, sign), lanes.lt(magnitude, constant(1)));
}

/** c₀/2 + Σ cₙ·Tₙ(u), by Clenshaw's recurrence bₙ = 2u·bₙ₊₁ − bₙ₊₂ + cₙ. */
function clenshaw({ f, lanes, constants }: Context, u: V128, coefficients: readonly number[]): V128 {
  const constant = (value: number): V128 => lanes.constant(constants, value);
  const twice = f.let(lanes.add(u, u));
  let [next, afterNext]: [V128, V128] = [v128.zero, v128.zero];
  for (let n = coefficients.length - 1; n >= 1; n--) {
    const b = f.let(lanes.add(lanes.sub(lanes.mul(twice, next), afterNext), constant(coefficients[n]!)));
    [next, afterNext] = [b, next];
  }
  return lanes.add(lanes.sub(lanes.mul(u, next), afterNext), constant(coefficients[0]! / 2));
}

/** The coefficients of the polynomial that equals `g` in the Chebyshev nodes cos π(j + ½)/count. */
function chebyshevCoefficients(count: number, g: (u: number) => number): number[] {
  const indices = Array.from({ length: count }, (_, j) => j);
  const values = indices.map((j) => g(cosine(2 * j + 1, 4 * count)));
  return indices.map(
    (n) => (2 / count) * values.reduce((sum, value, j) => sum + value * cosine(n * (2 * j + 1), 4 * count), 0),
  );
}

/**
 * cos 2πk/n for whole numbers, n a multiple of 4, by the series of the sine within a quarter turn: `Math.cos` differs between engines in its
 * last bit, and so would the kernel.
 */
function cosine(k: number, n: number): number {
  // cos 2πk/n = sin 2π(n/4 − k)/n, and the sine of m/n turns is that of n/2 − m.
  const turned = (((n / 4 - k) % n) + n) % n;
  const quarter = turned > (3 * n) / 4 ? turned - n : turned > n / 4 ? n / 2 - turned : turned;
  const angle = (2 * Math.PI * quarter) / n;
  let sum = 1;
  for (let i = 24; i > 1; i -= 2) sum = 1 - ((angle * angle) / (i * (i + 1))) * sum;
  return angle * sum;
}

/**
 * e^(x²)·(1 − erf x) = 1/√π · 1/(x + ½/(x + 1/(x + 1½/(x + …)))) for x ≥ 1, in double precision. Abramowitz and Stegun, Handbook of
 * Mathematical Functions, 7.1.14.
 */
function scaledComplement(x: number): number {
  let fraction = x;
  for (let i = 400; i > 0; i--) fraction = x + i / 2 / fraction;
  return 1 / (Math.sqrt(Math.PI) * fraction);
}

function taylorCoefficient(n: number): number {
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  return (n % 2 === 0 ? 2 : -2) / Math.sqrt(Math.PI) / factorial / (2 * n + 1);
}
