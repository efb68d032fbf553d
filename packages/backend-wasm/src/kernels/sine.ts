import { f32, f32x4, f64, f64x2, i32, i32x4, i64, i64x2, v128 } from '../assembler/instructions.ts';
import type { F64, I64, Local, V128 } from '../assembler/value.ts';
import type { Context } from './exp.ts';
import type { FloatLanes } from './lanes.ts';
import type { Constants } from './static-area.ts';

interface Approximation {
  /** π/2 in parts; of all but the last, the multiples up to `limit` are exact. */
  readonly halfPi: readonly number[];
  /** Magnitudes from here on are reduced by their bits. */
  readonly limit: number;
  /** Terms of the Taylor series of sine and cosine: those left out are below half a unit in the last place at π/4. */
  readonly terms: number;
  /** 1.5 · 2 to the number of digits: adding it rounds, and leaves the integer in the low bits. */
  readonly magic: number;
  /** Zeros before the digits of 1/π, so that no number from `limit` on needs digits before them. */
  readonly lead: number;
  /** Bytes of zeros and digits that the largest number needs. */
  readonly bytes: number;
}

// π is 3.243f6a8885a308d313198a2e0370734… in base 16.
const APPROXIMATIONS: Readonly<Record<FloatLanes['dtype'], Approximation>> = {
  float32: {
    halfPi: [0x648 / 2 ** 10, 0x3f6 / 2 ** 21, 0x544 / 2 ** 32, 0x2168c234 / 2 ** 63],
    limit: 12_288,
    terms: 5,
    magic: 1.5 * 2 ** 23,
    lead: 16,
    bytes: 28,
  },
  float64: {
    halfPi: [0x3243f6a8 / 2 ** 29, 0x885a308d / 2 ** 61, 0x313198a2e0370 / 2 ** 113],
    limit: 2 ** 20,
    terms: 9,
    magic: 1.5 * 2 ** 52,
    lead: 40,
    bytes: 148,
  },
};

/** Digits of 1/π after the point, in base 16. */
const ONE_OVER_PI =
  '517cc1b727220a94fe13abe8fa9a6ee06db14acc9e21c820ff28b1d5ef5de2b0db92371d2126e9700324977504e8c90e' +
  '7f0ef58e5894d39f74411afa975da24274ce38135a2fbf209cc8eb1cc1a99cfa4e422fc5defc941d8ffc4bffef02cc07' +
  'f79788c5ad05368fb69b3f6793e584dba7a31fb34f2ff516ba93dd63f5f2f8bd9e839cfbc529497535fdafd88fc6ae84';

/** sin x over the whole range; NaN at ±∞ and NaN. */
export function sin(context: Context, x: V128): V128 {
  return sine(context, x, 'sin');
}

/** cos x over the whole range; NaN at ±∞ and NaN. */
export function cos(context: Context, x: V128): V128 {
  return sine(context, x, 'cos');
}

/**
 * x = k·π/2 + r with k the integer nearest to x/(π/2): sin x is sin r, cos r, −sin r or −cos r, by the last two bits of k, and cos x that of
 * k + 1. Both come from their Taylor series in r.
 */
function sine(context: Context, input: V128, op: 'sin' | 'cos'): V128 {
  const { f, lanes, constants } = context;
  const { terms } = APPROXIMATIONS[lanes.dtype];
  const x = f.let(input);
  const { k, r } = reduced(context, x);
  const square = f.let(lanes.mul(r, r));
  /** 1/n! − r²/(n + 2)! + … from the second term of a series on, the first of them negative. */
  const series = (first: 2 | 3): V128 => {
    let sum = lanes.constant(constants, coefficient(first + 2 * (terms - 2)));
    for (let n = first + 2 * (terms - 3); n >= first; n -= 2) {
      sum = lanes.add(lanes.mul(sum, square), lanes.constant(constants, coefficient(n)));
    }
    return lanes.mul(sum, square);
  };
  const ofSine = f.let(lanes.add(lanes.mul(series(3), r), r));
  const ofCosine = f.let(lanes.add(series(2), lanes.constant(constants, 1)));

  const top = 8 * lanes.bytes - 1;
  const quarter = op === 'sin' ? k : f.let(lanes.bits.add(k, constants.integer(1n, lanes.bytes)));
  const isOdd = lanes.bits.shr_s(lanes.bits.shl(quarter, top), top);
  const sign = v128.and(lanes.bits.shl(quarter, top - 1), lanes.constant(constants, -0));
  return v128.xor(v128.bitselect(ofCosine, ofSine, isOdd), sign);
}

/** −1/2!, −1/3!, 1/4!, 1/5!, −1/6!, … */
function coefficient(n: number): number {
  let product = n % 4 < 2 ? 1 : -1;
  for (let i = 2; i <= n; i++) product *= i;
  return 1 / product;
}

interface Reduced {
  /** An integer, in the low bits. */
  readonly k: Local<'v128'>;
  /** Between −π/4 and π/4. */
  readonly r: Local<'v128'>;
}

/** x = k·π/2 + r, where k·π/2 is taken away in parts (Cody and Waite, Software Manual for the Elementary Functions, 1980). */
function reduced(context: Context, x: Local<'v128'>): Reduced {
  const { f, lanes, constants } = context;
  const { halfPi, limit, magic } = APPROXIMATIONS[lanes.dtype];
  const constant = (value: number): V128 => lanes.constant(constants, value);
  const k = f.let(lanes.add(lanes.mul(x, constant(2 / Math.PI)), constant(magic)));
  const whole = f.let(lanes.sub(k, constant(magic)));
  let rest: V128 = x;
  for (const part of halfPi) rest = lanes.sub(rest, lanes.mul(whole, constant(part)));
  const r = f.let(rest);

  const magnitude = f.let(lanes.abs(x));
  const isLarge = f.let(v128.and(lanes.lt(constant(limit), magnitude), lanes.lt(magnitude, constant(Infinity))));
  f.if(v128.any_true(isLarge), () => {
    for (let lane = 0; lane < lanes.count; lane++) {
      f.if(i32x4.extract_lane(isLarge, (lane * lanes.bytes) / 4), () => {
        const large = reducedByBits(context, x, lane);
        const replace = (vector: V128, value: F64): V128 =>
          lanes.dtype === 'float32'
            ? f32x4.replace_lane(vector, lane, f32.demote_f64(value))
            : f64x2.replace_lane(vector, lane, value);
        f.set(r, replace(r, large.r));
        // The float that has the integer in its low bits.
        f.set(k, replace(k, f64.convert_i64_s(i64.add(large.k, i64.const(magic)))));
      });
    }
  });
  return { k, r };
}

/**
 * The same of one large number m·2ᵉ, m an integer: only those digits of 1/π are multiplied with m that do not make multiples of 2π of it
 * (Payne and Hanek, Radian reduction for trigonometric functions, 1983).
 */
function reducedByBits({ f, lanes, constants }: Context, x: V128, lane: number): { readonly k: I64; readonly r: F64 } {
  const { mantissa, bias, dtype } = lanes;
  const { lead, bytes } = APPROXIMATIONS[dtype];
  const table = digits(constants, dtype);
  const one = i64.const(1);
  const shl = (value: I64, bits: number): I64 => i64.shl(value, i64.const(bits));
  const shr = (value: I64, bits: number): I64 => i64.shr_u(value, i64.const(bits));

  const bits = f.let(dtype === 'float32' ? i64.extend_i32_u(i32x4.extract_lane(x, lane)) : i64x2.extract_lane(x, lane));
  const width = 8 * lanes.bytes;
  const m = f.let(i64.or(i64.and(bits, i64.const(2 ** mantissa - 1)), shl(one, mantissa)));
  const exponent = i64.and(shr(bits, mantissa), i64.const(2 ** (width - 1 - mantissa) - 1));
  const position = f.let(i64.add(exponent, i64.const(lead - bias - mantissa - 1)));
  // The table lies backwards, so that a load has earlier digits in higher bits.
  const address = f.let(i32.sub(i32.const(table + bytes - 20), i32.wrap_i64(shr(position, 3))));
  const chunk = (i: number): I64 => shr(i64.shl(i64.load(address, 12 - 4 * i), i64.and(position, i64.const(7))), 32);
  // x/2π modulo 1, in units of 2⁻⁶⁴.
  const turn = f.let(i64.mul(m, i64.or(shl(chunk(0), 32), chunk(1))));
  if (dtype === 'float64') {
    const next = f.let(chunk(2));
    const high = f.let(shr(m, 32));
    f.set(turn, i64.add(turn, i64.mul(high, next)));
    f.set(turn, i64.add(turn, shr(i64.mul(i64.and(m, i64.const(2 ** 32 - 1)), next), 32)));
    f.set(turn, i64.add(turn, shr(i64.mul(high, chunk(3)), 32)));
  }

  const sign = f.let(i64.sub(one, shl(shr(bits, width - 1), 1)));
  const nearest = shr(i64.add(turn, shl(one, 61)), 62);
  const rest = f64.mul(f64.convert_i64_s(shl(turn, 2)), f64.const((Math.PI / 2) * 2 ** -64));
  return { k: i64.mul(nearest, sign), r: f64.mul(rest, f64.convert_i64_s(sign)) };
}

/** The address of the zeros and digits of 1/π, the last byte first. */
function digits(constants: Constants, dtype: FloatLanes['dtype']): number {
  const { lead, bytes } = APPROXIMATIONS[dtype];
  const text = '0'.repeat(lead / 4) + ONE_OVER_PI;
  const table = Uint8Array.from({ length: bytes }, (_, i) => {
    const at = 2 * (bytes - 1 - i);
    return Number.parseInt(text.slice(at, at + 2), 16);
  });
  return constants.table(`digits of 1/π for ${dtype}`, table);
}
