import type { FunctionBuilder } from '../assembler/function-builder.ts';
import type { V128 } from '../assembler/value.ts';
import type { FloatLanes } from './lanes.ts';
import type { Constants } from './static-area.ts';

/** What the text of a function of vectors needs. */
export interface Context {
  readonly f: FunctionBuilder;
  readonly lanes: FloatLanes;
  readonly constants: Constants;
}

interface Exponential {
  /** Where a power of two in one factor becomes 0 and ∞. */
  readonly near: readonly [low: number, high: number];
  /** Where eˣ itself is 0 and ∞ for certain. */
  readonly far: readonly [low: number, high: number];
  /** ln 2 in two parts; the first has so few digits that its multiples are exact. */
  readonly ln2: readonly [high: number, low: number];
  /** Degree of the polynomial for eʳ: the terms left out are below half a unit in the last place. */
  readonly degree: number;
  /** Beyond, tanh x rounds to ±1. */
  readonly tanhLimit: number;
}

const EXPONENTIALS: Readonly<Record<FloatLanes['dtype'], Exponential>> = {
  float32: {
    near: [-88, 89],
    far: [-105, 105],
    ln2: [0.693359375, -2.12194440054690583e-4],
    degree: 7,
    tanhLimit: 10,
  },
  float64: {
    near: [-709, 710],
    far: [-750, 750],
    ln2: [0.693145751953125, 1.42860682030941723212e-6],
    degree: 13,
    tanhLimit: 20,
  },
};

/** eˣ over the whole range: 0 at −∞, ∞ at ∞, NaN at NaN. */
export function exp(context: Context, x: V128): V128 {
  const { f, lanes } = context;
  const { fraction, exponent } = reduce(context, x, EXPONENTIALS[lanes.dtype].far);
  // Halves of the exponent, so that neither factor overflows before the product does.
  const half = f.let(lanes.bits.shr_s(exponent, 1));
  const first = lanes.mul(lanes.add(fraction, one(context)), power(context, half));
  return lanes.mul(first, power(context, lanes.bits.sub(exponent, half)));
}

/** 1 / (1 + e⁻ˣ): 0 at −∞, 1 at ∞, NaN at NaN. */
export function sigmoid(context: Context, x: V128): V128 {
  const { lanes } = context;
  return lanes.div(one(context), lanes.add(expNear(context, lanes.neg(x)), one(context)));
}

/**
 * tanh x = E / (E + 2) with E = e²ˣ − 1. E is had without cancellation, so that the error is relative everywhere: as small near 0 as
 * near 1.
 */
export function tanh(context: Context, x: V128): V128 {
  const { f, lanes, constants } = context;
  const { tanhLimit } = EXPONENTIALS[lanes.dtype];
  const { fraction, exponent } = reduce(context, lanes.add(x, x), [-2 * tanhLimit, 2 * tanhLimit]);
  const scale = f.let(power(context, exponent));
  const e = f.let(lanes.add(lanes.mul(fraction, scale), lanes.sub(scale, one(context))));
  return lanes.div(e, lanes.add(e, lanes.constant(constants, 2)));
}

/** eˣ, which becomes 0 or ∞ some steps before it must. For where that makes no difference. */
export function expNear(context: Context, x: V128): V128 {
  const { lanes } = context;
  const { fraction, exponent } = reduce(context, x, EXPONENTIALS[lanes.dtype].near);
  return lanes.mul(lanes.add(fraction, one(context)), power(context, exponent));
}

/**
 * x = n·ln 2 + r with |r| ≤ ½ ln 2: gives n, an integer, and eʳ − 1, by its Taylor series. x is first clamped; NaN
 * stays, since pmin and pmax then give their first operand.
 */
function reduce(
  { f, lanes, constants }: Context,
  x: V128,
  [low, high]: readonly [number, number],
): { readonly fraction: V128; readonly exponent: V128 } {
  const { ln2, degree } = EXPONENTIALS[lanes.dtype];
  const constant = (value: number): V128 => lanes.constant(constants, value);
  const clamped = f.let(lanes.pmax(lanes.pmin(x, constant(high)), constant(low)));
  // Numbers from this one on have no digits after the point, so that adding it rounds. The bits then hold n.
  const magic = 1.5 * 2 ** lanes.mantissa;
  const shifted = f.let(lanes.add(lanes.mul(clamped, constant(Math.LOG2E)), constant(magic)));
  const n = f.let(lanes.sub(shifted, constant(magic)));
  const r = f.let(lanes.sub(lanes.sub(clamped, lanes.mul(n, constant(ln2[0]))), lanes.mul(n, constant(ln2[1]))));
  // r·(1 + r·(1/2! + r·(1/3! + …)))
  let polynomial = constant(1 / factorial(degree));
  for (let i = degree - 1; i >= 1; i--) {
    polynomial = lanes.add(lanes.mul(polynomial, r), constant(1 / factorial(i)));
  }
  const fraction = f.let(lanes.mul(polynomial, r));
  const exponent = f.let(lanes.bits.sub(shifted, constant(magic)));
  return { fraction, exponent };
}

/** 2ⁿ by its bits, for −bias ≤ n ≤ bias + 1: the ends give 0 and ∞. */
function power({ lanes, constants }: Context, n: V128): V128 {
  const { bits, bytes, mantissa, bias } = lanes;
  return bits.shl(bits.add(n, constants.integer(BigInt(bias), bytes)), mantissa);
}

function one({ lanes, constants }: Context): V128 {
  return lanes.constant(constants, 1);
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}
