import type { Signature } from '../buffer.ts';
import type { Primitive, PrimitiveAttrs } from '../primitives.ts';
import { type Shape, withAxis } from '../shape.ts';
import { integrateErf } from './reference-erf.ts';

/** An input or an output as plain numbers. */
export interface HostValue extends Signature {
  readonly data: ArrayLike<number>;
}

type Index = readonly number[];
type Rule<Attrs> = (inputs: readonly HostValue[], attrs: Attrs, outputs: readonly Signature[]) => readonly number[][];

/** What every primitive is, element by element and in double precision. Meant to be read, not to be fast. */
export const reference: { readonly [P in Primitive]: Rule<PrimitiveAttrs[P]> } = {
  neg: each((x) => -x),
  exp: each((x) => Math.exp(x)),
  log: each((x) => Math.log(x)),
  sqrt: each((x) => Math.sqrt(x)),
  tanh: each((x) => Math.tanh(x)),
  // Two forms, so that the exponential is never large.
  sigmoid: each((x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))),
  relu: each((x) => (Number.isNaN(x) ? NaN : Math.max(x, 0))),
  erf: each(integrateErf),
  sin: each((x) => Math.sin(x)),
  cos: each((x) => Math.cos(x)),

  add: pairs((x, y) => x + y),
  sub: pairs((x, y) => x - y),
  mul: pairs((x, y) => x * y),
  div: pairs((x, y) => x / y),
  maximum: pairs(larger),
  less: pairs((x, y) => (x < y ? 1 : 0)),
  equal: pairs((x, y) => (x === y ? 1 : 0)),

  where: ([condition, x, y], _attrs, [out]) => [
    generate(out!.shape, (i) => (stretched(condition!, i) === 0 ? stretched(y!, i) : stretched(x!, i))),
  ],
  cast: ([x], { dtype }, [out]) => [
    generate(out!.shape, (i) => (dtype === 'int32' ? Math.trunc(at(x!, i)) : at(x!, i))),
  ],

  matmul: ([a, b], { transposeA, transposeB }, [out]) => [
    generate(out!.shape, (index) => {
      const batch = index.slice(0, -2);
      const [row, column] = index.slice(-2) as [number, number];
      const length = a!.shape.at(transposeA ? -2 : -1)!;
      let total = 0;
      for (let k = 0; k < length; k++) {
        const x = at(a!, transposeA ? [...batch, k, row] : [...batch, row, k]);
        const y = at(b!, transposeB ? [...batch, column, k] : [...batch, k, column]);
        total += x * y;
      }
      return total;
    }),
  ],

  sum: ([x], { axes }, [out]) => [fold(x!, axes, out!.shape, 0, (total, value) => total + value)],
  max: ([x], { axes }, [out]) => [fold(x!, axes, out!.shape, -Infinity, larger)],
  argmax: ([x], { axis }, [out]) => [
    generate(out!.shape, (i) => {
      let best = 0;
      for (let k = 1; k < x!.shape[axis]!; k++) {
        if (at(x!, withAxis(i, axis, k)) > at(x!, withAxis(i, axis, best))) best = k;
      }
      return best;
    }),
  ],

  broadcast: ([x], _attrs, [out]) => [generate(out!.shape, (i) => stretched(x!, i))],
  reshape: ([x]) => [Array.from(x!.data)],
  transpose: ([x], { order }, [out]) => [
    generate(out!.shape, (i) => {
      const from = i.map(() => 0);
      order.forEach((axis, position) => (from[axis] = i[position]!));
      return at(x!, from);
    }),
  ],
  reverse: ([x], { axis }, [out]) => [
    generate(out!.shape, (i) => at(x!, withAxis(i, axis, x!.shape[axis]! - 1 - i[axis]!))),
  ],

  split: ([x], { axis, sizes }, outputs) => {
    let start = 0;
    return outputs.map((out, part) => {
      const from = start;
      start += sizes[part]!;
      return generate(out.shape, (i) => at(x!, withAxis(i, axis, from + i[axis]!)));
    });
  },
  concat: (inputs, { axis }, [out]) => [
    generate(out!.shape, (i) => {
      let position = i[axis]!;
      for (const x of inputs) {
        if (position < x.shape[axis]!) return at(x, withAxis(i, axis, position));
        position -= x.shape[axis]!;
      }
      return NaN;
    }),
  ],
  slice: ([x], { axis, start }, [out]) => [generate(out!.shape, (i) => at(x!, withAxis(i, axis, start + i[axis]!)))],
  pad: ([x], { axis, before }, [out]) => [
    generate(out!.shape, (i) => {
      const position = i[axis]! - before;
      return position >= 0 && position < x!.shape[axis]! ? at(x!, withAxis(i, axis, position)) : 0;
    }),
  ],

  gather: ([table, indices], _attrs, [out]) => [
    generate(out!.shape, (i) => {
      const rank = indices!.shape.length;
      return at(table!, [at(indices!, i.slice(0, rank)), ...i.slice(rank)]);
    }),
  ],
  scatterAdd: ([updates, indices], _attrs, [out]) => {
    const totals = generate(out!.shape, () => 0);
    const rank = indices!.shape.length;
    for (const i of positions(updates!.shape)) {
      totals[flat(out!.shape, [at(indices!, i.slice(0, rank)), ...i.slice(rank)])]! += at(updates!, i);
    }
    return [totals];
  },
};

function larger(x: number, y: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  return x > y ? x : y;
}

function each(f: (x: number) => number): Rule<unknown> {
  return ([x]) => [Array.from(x!.data, f)];
}

function pairs(f: (x: number, y: number) => number): Rule<unknown> {
  return ([x, y], _attrs, [out]) => [generate(out!.shape, (i) => f(stretched(x!, i), stretched(y!, i)))];
}

function fold(x: HostValue, axes: Index, shape: Shape, start: number, f: (a: number, b: number) => number): number[] {
  const result = generate(shape, () => start);
  for (const i of positions(x.shape)) {
    const o = flat(
      shape,
      i.map((position, axis) => (axes.includes(axis) ? 0 : position)),
    );
    result[o] = f(result[o]!, at(x, i));
  }
  return result;
}

function generate(shape: Shape, element: (index: Index) => number): number[] {
  return positions(shape).map(element);
}

/** All indices of a shape, the last axis running fastest. */
function positions(shape: Shape): Index[] {
  let indices: number[][] = [[]];
  for (const length of shape) {
    indices = indices.flatMap((index) => Array.from({ length }, (_, i) => [...index, i]));
  }
  return indices;
}

/** Where an index lies in a row-major array. */
function flat(shape: Shape, index: Index): number {
  return shape.reduce((position, length, axis) => position * length + index[axis]!, 0);
}

function at(x: HostValue, index: Index): number {
  return x.data[flat(x.shape, index)]!;
}

/** An element of `x` seen as if it had the shape that `index` belongs to. */
function stretched(x: HostValue, index: Index): number {
  const own = index.slice(index.length - x.shape.length);
  return at(
    x,
    own.map((position, axis) => (x.shape[axis] === 1 ? 0 : position)),
  );
}
