// Exponentials, logarithms, powers and cosines from additions, multiplications and divisions alone: those are exact to the bit everywhere,
// `Math.exp`, `Math.log`, `**` and `Math.cos` are not. A rate that differs in its last bit makes another training run in float64, and a
// probability that does may make another token.

/** The nearest number to log 2 whose last 21 bits are 0, so that a whole multiple of it is exact; and the rest of log 2. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** eˣ = 2^k · e^r, with |r| up to ½ log 2 in its series; relative error up to some 4e-16. The same bits in every engine. */
export function portableExp(x: number): number {
  // Beyond, no number is left but 0 and ∞; NaN stays.
  if (!(x > -746 && x < 710)) return x < 0 ? 0 : x > 0 ? Infinity : x;
  const k = Math.round(x / Math.LN2);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 1;
  for (let n = 16; n >= 1; n--) sum = 1 + (r / n) * sum;
  // Some powers of two have no number where the product has one.
  const half = Math.trunc(k / 2);
  return sum * portablePow(2, half) * portablePow(2, k - half);
}

/** log x: with x = m·2^e and m near 1, 2 artanh((m − 1)/(m + 1)) + e·log 2, as a series. The same bits in every engine. */
export function portableLog(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x === Infinity ? x : NaN;
  let m = x;
  let e = 0;
  for (; m < Math.SQRT1_2; e--) m *= 2;
  for (; m > Math.SQRT2; e++) m /= 2;
  const s = (m - 1) / (m + 1);
  const s2 = s * s;
  let sum = 0;
  for (let k = 25; k >= 1; k -= 2) sum = sum * s2 + 1 / k;
  return 2 * s * sum + e * Math.LN2;
}

/** base^exponent: by squaring for whole exponents, otherwise e^(exponent · log base). The same bits in every engine. */
export function portablePow(base: number, exponent: number): number {
  if (exponent < 0) return 1 / portablePow(base, -exponent);
  if (Number.isInteger(exponent)) return wholePower(base, exponent);
  // What 0, ∞, NaN and negative bases give is the same everywhere.
  const isOrdinary = base > 0 && base < Infinity && exponent < Infinity;
  return isOrdinary ? portableExp(exponent * portableLog(base)) : base ** exponent;
}

/** cos πx; exact where it is 0, 1 or −1. The same bits in every engine. */
export function portableCosPi(x: number): number {
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
