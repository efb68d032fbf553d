import { f64x2, i32, store, v128 } from '../../assembler/instructions.ts';
import type { FunctionBuilder } from '../../assembler/function-builder.ts';
import type { ModuleBuilder } from '../../assembler/module-builder.ts';
import type { I32, Local, V128 } from '../../assembler/value.ts';
import { storeFirst } from '../first-lane.ts';
import { FLOAT32, FLOAT64, type FloatLanes } from '../lanes.ts';
import { number, overRow, totalOf } from './rows.ts';

type Vectors = readonly Local<'v128'>[];

/** A step on every element: `outputs` results of `inputs` arrays and some numbers. */
interface Step {
  readonly inputs: number;
  readonly outputs: number;
  readonly numbers: number;
  readonly body: (f: FunctionBuilder, lanes: FloatLanes, arrays: Vectors, numbers: Vectors) => readonly V128[];
}

/** In the order of the contract's formulas, each operation rounded as the primitives round it. */
const STEPS: Readonly<Record<string, Step>> = {
  sgd: {
    inputs: 2,
    outputs: 1,
    numbers: 2,
    body: (f, lanes, [p, g], [rate, decay]) => [lanes.sub(p!, lanes.mul(penalized(f, lanes, p!, g!, decay!), rate!))],
  },
  sgdMomentum: momentum((_lanes, b) => b),
  sgdNesterov: momentum((lanes, b, g, mu) => lanes.add(lanes.mul(b, mu), g)),
  rmsProp: {
    inputs: 3,
    outputs: 2,
    numbers: 5,
    body: (f, lanes, [p, gradient, s], [rate, decay, alpha, rest, epsilon]) => {
      const g = penalized(f, lanes, p!, gradient!, decay!);
      const next = f.let(lanes.add(lanes.mul(s!, alpha!), lanes.mul(lanes.mul(g, g), rest!)));
      const direction = lanes.div(g, lanes.add(lanes.sqrt(next), epsilon!));
      return [lanes.sub(p!, lanes.mul(direction, rate!)), next];
    },
  },
  adam: {
    inputs: 4,
    outputs: 3,
    numbers: 8,
    body: (f, lanes, [p, gradient, m, v], [rate, decay, beta1, rest1, beta2, rest2, epsilon, shrink]) => {
      const g = penalized(f, lanes, p!, gradient!, decay!);
      const m2 = f.let(lanes.add(lanes.mul(m!, beta1!), lanes.mul(g, rest1!)));
      const v2 = f.let(lanes.add(lanes.mul(v!, beta2!), lanes.mul(lanes.mul(g, g), rest2!)));
      const quotient = lanes.div(lanes.mul(m2, rate!), lanes.add(lanes.sqrt(v2), epsilon!));
      return [lanes.sub(lanes.mul(p!, shrink!), quotient), m2, v2];
    },
  },
};

function momentum(direction: (lanes: FloatLanes, b: V128, g: V128, mu: V128) => V128): Step {
  return {
    inputs: 3,
    outputs: 2,
    numbers: 4,
    body: (f, lanes, [p, gradient, old], [rate, decay, mu, share]) => {
      const g = penalized(f, lanes, p!, gradient!, decay!);
      const b = f.let(lanes.add(lanes.mul(old!, mu!), lanes.mul(g, share!)));
      return [lanes.sub(p!, lanes.mul(direction(lanes, b, g, mu!), rate!)), b];
    },
  };
}

/** g + λp; g alone where λ is 0, as 0 · ∞ is NaN. */
function penalized(f: FunctionBuilder, lanes: FloatLanes, p: V128, g: V128, decay: V128): Local<'v128'> {
  return f.let(v128.bitselect(g, lanes.add(lanes.mul(p, decay), g), lanes.eq(decay, v128.zero)));
}

/** Exports `step.dtype(passes, …outputs, …inputs, …numbers)` for every step, and `sumOfSquares.dtype(out, x, width)`, which writes a double. */
export function optimizers(module: ModuleBuilder): void {
  for (const lanes of [FLOAT32, FLOAT64]) {
    for (const [name, step] of Object.entries(STEPS)) exportStep(module, lanes, name, step);
    sumOfSquares(module, lanes);
  }
}

function exportStep(module: ModuleBuilder, lanes: FloatLanes, name: string, step: Step): void {
  const named = <T extends string>(count: number, prefix: string, type: T): Record<string, T> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, type]));
  const pointers = { ...named(step.outputs, 'out', 'i32'), ...named(step.inputs, 'x', 'i32') };
  const parameters = { passes: 'i32', ...pointers, ...named(step.numbers, 'n', 'f64') } as const;
  const reference = module.function(parameters, [], (f, locals) => {
    const all = locals as Readonly<Record<string, Local<'i32' | 'f64'>>>;
    const pointer = (key: string): I32 => all[key] as Local<'i32'>;
    const numbers = Array.from({ length: step.numbers }, (_, i) => f.let(number(lanes, all[`n${i}`] as Local<'f64'>)));
    const { at, end } = f.locals({ at: 'i32', end: 'i32' });
    f.set(end, i32.shl(pointer('passes'), i32.const(4)));
    // What lies behind the last element is the slack that every buffer has.
    f.for(at, end, 16, () => {
      const arrays = Array.from({ length: step.inputs }, (_, i) => f.let(v128.load(i32.add(pointer(`x${i}`), at))));
      const results = step.body(f, lanes, arrays, numbers);
      for (const [i, result] of results.entries()) f.do(store.v128(i32.add(pointer(`out${i}`), at), result));
    });
  });
  module.export(`${name}.${lanes.dtype}`, reference);
}

/** In double precision, so that squares of float32 do not overflow. */
function sumOfSquares(module: ModuleBuilder, lanes: FloatLanes): void {
  const reference = module.function({ out: 'i32', x: 'i32', width: 'i32' }, [], (f, { out, x, width }) => {
    const { at, low, high } = f.locals({ at: 'i32', low: 'v128', high: 'v128' });
    const add = (total: Local<'v128'>, value: V128): void => {
      const number = f.let(value);
      f.set(total, f64x2.add(total, f64x2.mul(number, number)));
    };
    overRow(f, lanes, at, width, ({ load, split }) => {
      const [first, second] = split(load(i32.add(x, at)));
      add(low, first);
      if (second) add(high, second);
    });
    f.do(storeFirst(out, totalOf(f64x2.add(low, high)), 8));
  });
  module.export(`sumOfSquares.${lanes.dtype}`, reference);
}
