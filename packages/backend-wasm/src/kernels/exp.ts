import type { FunctionBuilder } from '../assembler/function-builder.ts';
import type { Local, V128 } from '../assembler/value.ts';
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
  /** 1.5 · 2 to the number of digits: its own bits end in zeros. */
  readonly magic: number;
}

const EXPONENTIALS: Readonly<Record<FloatLanes['dtype'], Exponential>> = {
  float32: {
    near: [-88, 89],
    far: [-105, 105],
    ln2: [0.693359375, -2.12194440054690583e-4],
    degree: 7,
    tanhLimit: 10,
    magic: 1.5 * 2 ** 23,
  },
  float64: {
    near: [-709, 710],
    far: [-750, 750],
    ln2: [0.693145751953125, 1.42860682030941723212e-6],
    degree: 13,
    tanhLimit: 20,
    magic: 1.5 * 2 ** 52,
  },
};

/** eˣ over the whole range: 0 at −∞, ∞ at ∞, NaN at NaN. */
export function exp(context: Context, x: V128): V128 {
  const { f, lanes, constants } = context;
  const { far, magic } = EXPONENTIALS[lanes.dtype];
  const [{ fraction, shifted }] = reduce(context, [{ x, bounds: far }]) as [Reduced];
  const exponent = f.let(lanes.bits.sub(shifted, lanes.constant(constants, magic)));
  // Halves of the exponent, so that neither factor overflows before the product does.
  const half = f.let(lanes.bits.shr_s(exponent, 1));
  const first = lanes.mul(lanes.add(fraction, one(context)), power(context, half));
  return lanes.mul(first, power(context, lanes.bits.sub(exponent, half)));
}

/** 1 / (1 + e⁻ˣ): 0 at −∞, 1 at ∞, NaN at NaN. */
export function sigmoid(context: Context, x: V128): V128 {
  return gates(context, [{ op: 'sigmoid', x }])[0]!;
}

/**
 * tanh x = E / (E + 2) with E = e²ˣ − 1. E is had without cancellation, so that the error is relative everywhere: as small near 0 as
 * near 1.
 */
export function tanh(context: Context, x: V128): V128 {
  return gates(context, [{ op: 'tanh', x }])[0]!;
}

/** A sigmoid or tanh of a vector. */
export interface Gate {
  readonly op: 'sigmoid' | 'tanh';
  readonly x: V128;
}

/**
 * Several of them, instruction by instruction side by side: each waits for its last result most of the time, and all read the same
 * constants. The bits are those of one alone.
 */
export function gates(context: Context, list: readonly Gate[]): readonly Local<'v128'>[] {
  const { f, lanes, constants } = context;
  const { near, tanhLimit } = EXPONENTIALS[lanes.dtype];
  const reduced = reduce(
    context,
    list.map(({ op, x }) =>
      op === 'sigmoid'
        ? { x, bounds: near, isNegated: true }
        : { x: lanes.add(x, x), bounds: [-2 * tanhLimit, 2 * tanhLimit] },
    ),
  );
  const unit = list.length > 1 ? f.let(one(context)) : one(context);
  const scales = reduced.map(({ shifted }) => f.let(power(context, shifted, unit)));
  const numbers = list.map(({ op }, i) => {
    const [{ fraction }, scale] = [reduced[i]!, scales[i]!];
    return op === 'sigmoid'
      ? f.let(lanes.mul(lanes.add(fraction, unit), scale))
      : f.let(lanes.add(lanes.mul(fraction, scale), lanes.sub(scale, unit)));
  });
  return list.map(({ op }, i) => {
    const e = numbers[i]!;
    if (op === 'sigmoid') return f.let(lanes.div(unit, lanes.add(e, unit)));
    return f.let(lanes.div(e, lanes.add(e, lanes.constant(constants, 2))));
  });
}

/** eˣ, which becomes 0 or ∞ some steps before it must. For where that makes no difference. */
export function expNear(context: Context, x: V128): V128 {
  const { lanes } = context;
  const [{ fraction, shifted }] = reduce(context, [{ x, bounds: EXPONENTIALS[lanes.dtype].near }]) as [Reduced];
  return lanes.mul(lanes.add(fraction, one(context)), power(context, shifted));
}

interface Exponent {
  readonly x: V128;
  readonly bounds: readonly [low: number, high: number];
  /** Whether it is e⁻ˣ that is wanted. */
  readonly isNegated?: boolean;
}

interface Reduced {
  /** eʳ − 1 */
  readonly fraction: Local<'v128'>;
  /** n, in the low bits. */
  readonly shifted: Local<'v128'>;
}

/**
 * x = n·ln 2 + r with |r| ≤ ½ ln 2: gives n, an integer, and eʳ − 1, by its Taylor series. x is first clamped; NaN
 * stays, since pmin and pmax then give their first operand.
 */
function reduce({ f, lanes, constants }: Context, list: readonly Exponent[]): readonly Reduced[] {
  const { ln2, degree, magic } = EXPONENTIALS[lanes.dtype];
  /** One instruction for each of them; what several need is read once. */
  const each = (make: (i: number, constant: (value: number) => V128) => V128): readonly Local<'v128'>[] => {
    const read = new Map<number, Local<'v128'>>();
    const constant = (value: number): V128 => {
      if (list.length === 1) return lanes.constant(constants, value);
      if (!read.has(value)) read.set(value, f.let(lanes.constant(constants, value)));
      return read.get(value)!;
    };
    return list.map((_, i) => f.let(make(i, constant)));
  };
  /** −x in place of x: signs change in constants instead. */
  const signed = (i: number, value: number): number => (list[i]!.isNegated ? -value : value);
  const clamped = each((i, constant) => {
    const { x, bounds, isNegated } = list[i]!;
    const [low, high] = bounds;
    return isNegated
      ? lanes.pmin(lanes.pmax(x, constant(-high)), constant(-low))
      : lanes.pmax(lanes.pmin(x, constant(high)), constant(low));
  });
  // Numbers from `magic` on have no digits after the point, so that adding it rounds. The bits then hold n.
  const scaled = each((i, constant) => lanes.mul(clamped[i]!, constant(signed(i, Math.LOG2E))));
  const shifted = each((i, constant) => lanes.add(scaled[i]!, constant(magic)));
  const n = each((i, constant) => lanes.sub(shifted[i]!, constant(magic)));
  const rough = each((i, constant) => {
    const multiple = lanes.mul(n[i]!, constant(signed(i, ln2[0])));
    return list[i]!.isNegated ? lanes.sub(multiple, clamped[i]!) : lanes.sub(clamped[i]!, multiple);
  });
  const r = each((i, constant) => lanes.sub(rough[i]!, lanes.mul(n[i]!, constant(ln2[1]))));
  // r·(1 + r·(1/2! + r·(1/3! + …)))
  let polynomial = each((i, constant) => lanes.mul(r[i]!, constant(1 / factorial(degree))));
  for (let k = degree - 1; k >= 1; k--) {
    const sum = each((i, constant) => lanes.add(polynomial[i]!, constant(1 / factorial(k))));
    polynomial = each((i) => lanes.mul(sum[i]!, r[i]!));
  }
  return polynomial.map((fraction, i) => ({ fraction, shifted: shifted[i]! }));
}

/** 2ⁿ by its bits, for −bias ≤ n ≤ bias + 1: the ends give 0 and ∞. Of n, only the bits count that an exponent has. */
function power(context: Context, n: V128, unit: V128 = one(context)): V128 {
  const { bits, mantissa } = context.lanes;
  // The bits of 1 are those of the bias.
  return bits.add(bits.shl(n, mantissa), unit);
}

function one({ lanes, constants }: Context): V128 {
  return lanes.constant(constants, 1);
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}
