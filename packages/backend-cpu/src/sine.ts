// Sine and cosine of additions, multiplications, divisions and integers alone: those are exact to the bit everywhere, `Math.sin` is not.

/** A quarter turn and an angle from −π/4 to π/4 that together make an angle. The angle is a sum, of which `low` is what `high` has no digits for. */
interface Reduced {
  readonly quarter: number;
  readonly high: number;
  readonly low: number;
}

// π/2 is 1.921fb54442d18469898cc51701b839a252049… in base 16: in parts, of which the multiples up to LIMIT/(π/2) of the first two are exact.
const FIRST = 0x1921fb544 / 2 ** 32;
const SECOND = 0x42d18469 / 2 ** 64;
const THIRD = 0x898cc51701b83 / 2 ** 116;
/** From here on an angle is reduced as an integer, and below CLOSE to a multiple, where the parts have too few digits. */
const LIMIT = 2 ** 20;
const CLOSE = 2 ** -30;

/** ±1/n! for n = 3, 5, … and n = 4, 6, …: the terms left out are below half a unit in the last place at π/4. */
const SINE = Array.from({ length: 8 }, (_, i) => coefficient(2 * i + 3));
const COSINE = Array.from({ length: 7 }, (_, i) => coefficient(2 * i + 4));

/** sin x, x in radians, to about one unit in the last place; NaN at ±∞. */
export function sin(x: number): number {
  const magnitude = Math.abs(x);
  // Where x³/6 is less than half a unit in the last place, so that −0 stays.
  if (magnitude < 2 ** -27) return x;
  if (magnitude < Math.PI / 4) return sineNear(x, 0);
  if (!(magnitude < Infinity)) return NaN;
  const { quarter, high, low } = reduced(magnitude);
  const value = quarter % 2 === 0 ? sineNear(high, low) : cosineNear(high, low);
  return x < 0 !== quarter > 1 ? -value : value;
}

/** cos x, x in radians, to about one unit in the last place; NaN at ±∞. */
export function cos(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < Math.PI / 4) return cosineNear(x, 0);
  if (!(magnitude < Infinity)) return NaN;
  const { quarter, high, low } = reduced(magnitude);
  const value = quarter % 2 === 0 ? cosineNear(high, low) : sineNear(high, low);
  return quarter === 1 || quarter === 2 ? -value : value;
}

/** x − x³/3! + x⁵/5! − … of x + low. */
function sineNear(x: number, low: number): number {
  const square = x * x;
  return x + (x * square * series(SINE, square) + low * (1 - square / 2));
}

/** 1 − x²/2! + x⁴/4! − … of x + low; what 1 − x²/2 loses is added to the small rest. */
function cosineNear(x: number, low: number): number {
  const square = x * x;
  const half = square / 2;
  const lead = 1 - half;
  return lead + (1 - lead - half + (square * square * series(COSINE, square) - x * low));
}

function series(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i]!;
  return sum;
}

/** −1/3!, 1/4!, 1/5!, −1/6!, … */
function coefficient(n: number): number {
  let product = n % 4 < 2 ? 1 : -1;
  for (let i = 2; i <= n; i++) product *= i;
  return 1 / product;
}

/** Multiples of π/2 are taken away in parts (Cody and Waite, Software Manual for the Elementary Functions, 1980). */
function reduced(magnitude: number): Reduced {
  if (magnitude >= LIMIT) return reducedAsInteger(magnitude);
  const k = Math.round(magnitude / (Math.PI / 2));
  const [first, second] = [magnitude - k * FIRST, k * SECOND];
  const rest = first - second;
  // What `rest` was rounded by (Knuth, The Art of Computer Programming 2, 4.2.2).
  const back = rest - first;
  const lost = first - (rest - back) - (second + back) - k * THIRD;
  const high = rest + lost;
  if (Math.abs(high) < CLOSE) return reducedAsInteger(magnitude);
  return { quarter: k % 4, high, low: rest - high + lost };
}

/** Fraction digits of the integers below: as many as the largest number has before its point, and 176 more. */
const DIGITS = 1200n;
let halfPi: bigint | undefined;

/** In integers, exactly but for the digits that π goes on with. */
function reducedAsInteger(magnitude: number): Reduced {
  // π/4 = 4 arctan 1/5 − arctan 1/239 (Machin, 1706).
  halfPi ??= 8n * arctangentOf1Over(5n) - 2n * arctangentOf1Over(239n);
  // From 2⁵³ on numbers are integers, and those from π/4 on multiples of 2⁻⁵³.
  const x = magnitude < 2 ** 53 ? BigInt(magnitude * 2 ** 60) << (DIGITS - 60n) : BigInt(magnitude) << DIGITS;
  const k = (x + halfPi / 2n) / halfPi;
  return { quarter: Number(k % 4n), high: Number((x - k * halfPi) >> (DIGITS - 200n)) / 2 ** 200, low: 0 };
}

/** arctan 1/n = 1/n − 1/3n³ + 1/5n⁵ − … */
function arctangentOf1Over(n: bigint): bigint {
  let sum = 0n;
  let power = (1n << DIGITS) / n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += k % 4n === 1n ? power / k : -power / k;
    power /= n * n;
  }
  return sum;
}
