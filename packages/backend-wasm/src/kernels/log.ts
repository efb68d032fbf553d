import { v128 } from '../assembler/instructions.ts';
import type { V128 } from '../assembler/value.ts';
import type { Context } from './exp.ts';

const LN2 = {
  float32: [0.693359375, -2.12194440054690583e-4],
  float64: [0.693145751953125, 1.42860682030941723212e-6],
} as const;
/** Terms of the series below: those left out are below half a unit in the last place. */
const TERMS = { float32: 4, float64: 10 } as const;
/** The bits of √½. */
const SQRT_HALF = { float32: 0x3f3504f3n, float64: 0x3fe6a09e667f3bcdn } as const;

/**
 * The natural logarithm: x = 2ᵉ·(1 + f) with √½ ≤ 1 + f < √2, and with s = f / (2 + f)
 *
 *     log(1 + f) = 2 artanh s = f − s·(f − R),   R = 2s²/3 + 2s⁴/5 + …
 *
 * where only the small second term is rounded (as in the C library of Sun, 1993). −∞ at 0, ∞ at ∞, NaN below 0 and at NaN.
 */
export function log({ f, lanes, constants }: Context, input: V128): V128 {
  const { bits, mantissa, bias, bytes, dtype } = lanes;
  const constant = (value: number): V128 => lanes.constant(constants, value);
  const x = f.let(input);

  // Numbers below the smallest normal one are brought into range first.
  const lift = mantissa + 2;
  const tiny = f.let(lanes.lt(x, constant(2 ** (1 - bias))));
  const normal = v128.bitselect(lanes.mul(x, constant(2 ** lift)), x, tiny);
  const fromSqrtHalf = f.let(bits.sub(normal, constants.integer(SQRT_HALF[dtype], bytes)));
  const exponent = f.let(bits.shr_s(fromSqrtHalf, mantissa));
  const m = bits.add(bits.sub(fromSqrtHalf, bits.shl(exponent, mantissa)), constants.integer(SQRT_HALF[dtype], bytes));
  // An integer in the low bits of this number is a float after subtracting it.
  const magic = 1.5 * 2 ** mantissa;
  const e = f.let(
    lanes.sub(lanes.sub(bits.add(exponent, constant(magic)), constant(magic)), v128.and(tiny, constant(lift))),
  );

  const fraction = f.let(lanes.sub(m, constant(1)));
  const s = f.let(lanes.div(fraction, lanes.add(fraction, constant(2))));
  const z = f.let(lanes.mul(s, s));
  let series = constant(2 / (2 * TERMS[dtype] + 1));
  for (let i = TERMS[dtype] - 1; i >= 1; i--) series = lanes.add(lanes.mul(series, z), constant(2 / (2 * i + 1)));
  const rest = lanes.mul(s, lanes.sub(fraction, lanes.mul(series, z)));
  const [high, low] = LN2[dtype];
  const small = lanes.sub(rest, lanes.mul(e, constant(low)));
  const result = lanes.add(lanes.sub(fraction, small), lanes.mul(e, constant(high)));

  const finite = v128.bitselect(result, x, lanes.lt(x, constant(Infinity)));
  const positive = v128.bitselect(constant(NaN), finite, lanes.lt(x, constant(0)));
  return v128.bitselect(constant(-Infinity), positive, lanes.eq(x, constant(0)));
}
