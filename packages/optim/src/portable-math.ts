// Powers and cosines from additions, multiplications and divisions alone: those are exact to the bit everywhere, `**` and `Math.cos` are
// not, and a rate that differs in its last bit makes another training run in float64.

/** base^exponent: by squaring for whole exponents, otherwise e^(exponent · log base). */
export function power(base: number, exponent: number): number {
  if (exponent < 0) return 1 / power(base, -exponent);
  if (Number.isInteger(exponent)) return wholePower(base, exponent);
  // What 0, ∞, NaN and negative bases give is the same everywhere.
  const isOrdinary = base > 0 && base < Infinity && exponent < Infinity;
  return isOrdinary ? exponential(exponent * logarithm(base)) : base ** exponent;
}

/** cos πx; exact where it is 0, 1 or −1. */
export function cosPi(x: number): number {
  const period = x - 2 * Math.floor(x / 2);
  const half = period > 1 ? 2 - period : period;
  return half > 0.5 ? -cosOfQuarter(1 - half) : cosOfQuarter(half);
}

function wholePower(base: number, exponent: number): number {
  let result = 1;
  for (let rest = exponent, square = base; rest > 0; rest = Math.floor(rest / 2), square *= square) {
    if (rest % 2 === 1) result *= square;
  }
  return result;
}

/** cos πx for 0 ≤ x ≤ ½, as its series about 0 or about ½. */
function cosOfQuarter(x: number): number {
  const isNearZero = x <= 0.25;
  const angle = Math.PI * (isNearZero ? x : 0.5 - x);
  let sum = 1;
  // 1 − y²/(1·2) (1 − y²/(3·4) (…, or the same of the sine.
  for (let k = isNearZero ? 18 : 19; k > 1; k -= 2) sum = 1 - ((angle * angle) / (k * (k - 1))) * sum;
  return isNearZero ? sum : angle * sum;
}

/** log x: with x = m·2^e and m near 1, 2 artanh((m − 1)/(m + 1)) + e·log 2. */
function logarithm(x: number): number {
  let m = x;
  let e = 0;
  for (; m < Math.SQRT1_2; e--) m *= 2;
  for (; m > Math.SQRT2; e++) m /= 2;
  const s = (m - 1) / (m + 1);
  let sum = 0;
  for (let k = 25; k >= 1; k -= 2) sum = sum * s * s + 1 / k;
  return 2 * s * sum + e * Math.LN2;
}

/** eˣ = 2^k · e^r, with |r| up to ½ log 2 in its series. */
function exponential(x: number): number {
  const k = Math.round(x / Math.LN2);
  const r = x - k * Math.LN2;
  let sum = 1;
  for (let n = 16; n >= 1; n--) sum = 1 + (r / n) * sum;
  // Some powers of two have no number where the product has one.
  const half = Math.trunc(k / 2);
  return sum * power(2, half) * power(2, k - half);
}
