import {
  type Backend,
  type DType,
  type Primitive,
  type PrimitiveAttrs,
  type Shape,
  type TypedArray,
  allocate,
  inferSignatures,
  sizeOf,
} from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WasmBackend } from './backend.ts';
import { wasm } from './wasm.ts';

const backend: WasmBackend = await wasm({ relaxedSimd: false });
const reference = cpu();

interface Input {
  readonly data: TypedArray;
  readonly shape: Shape;
  readonly dtype: DType;
}

function run<P extends Primitive>(
  on: Backend,
  op: P,
  inputs: readonly Input[],
  attrs: PrimitiveAttrs[P],
): TypedArray[] {
  const buffers = inputs.map((input) => on.upload(input.data, input));
  const outputs = on.primitives[op](buffers, attrs, inferSignatures(op, buffers, attrs));
  const results = outputs.map((output) => on.downloadSync!(output));
  for (const buffer of [...buffers, ...outputs]) on.free(buffer);
  return results;
}

/** Both backends give the same, but for `tolerance` times the larger of 1 and the value. */
function same<P extends Primitive>(op: P, inputs: readonly Input[], attrs: PrimitiveAttrs[P], tolerance = 0): void {
  const [actual, expected] = [backend, reference].map((on) => run(on, op, inputs, attrs));
  expected!.forEach((values, i) => {
    expect(actual![i]!.length).toBe(values.length);
    values.forEach((value, j) => {
      const got = actual![i]![j]!;
      if (Object.is(got, value) || got === value) return;
      const allowed = tolerance * Math.max(1, Math.abs(value));
      if (!(Math.abs(got - value) <= allowed)) expect.fail(`${op}: element ${j} is ${got} instead of ${value}`);
    });
  });
}

const length = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 40 }));
const shapes: fc.Arbitrary<Shape> = fc.array(length, { maxLength: 4 }).filter((shape) => sizeOf(shape) < 5000);
const dtypes = fc.constantFrom<DType>('float32', 'float64', 'int32');
const floats = fc.constantFrom<DType>('float32', 'float64');

function input(shape: Shape, dtype: DType, seed: number, low = -5, high = 5): Input {
  const data = allocate(dtype, sizeOf(shape));
  let state = (seed % 2147483646) + 1;
  for (let i = 0; i < data.length; i++) {
    state = (state * 48271) % 2147483647;
    data[i] = low + ((high - low) * state) / 2147483647;
  }
  return { data, shape, dtype };
}

/** The shape with some lengths replaced by 1 and some leading axes left out. */
function shrunk(shape: Shape, bits: number): Shape {
  const some = shape.map((each, axis) => ((bits >> axis) & 1 ? 1 : each));
  return some.slice((bits >> 8) % (shape.length + 1));
}

describe('every op gives what backend-cpu gives', () => {
  it('on broadcast shapes', () => {
    const ops = fc.constantFrom('add', 'sub', 'mul', 'maximum', 'less', 'equal');
    fc.assert(
      fc.property(ops, shapes, dtypes, fc.nat(), fc.nat(), fc.nat(), (op, shape, dtype, a, b, seed) => {
        same(op, [input(shrunk(shape, a), dtype, seed), input(shrunk(shape, b), dtype, seed + 9)], {});
      }),
      { numRuns: 300 },
    );
  });

  it('for x · 1, which is x and outlives it', () => {
    fc.assert(
      fc.property(shapes, dtypes, fc.nat({ max: 3 }), fc.nat(), (shape, dtype, axes, seed) => {
        const { data } = input(shape, dtype, seed);
        if (dtype !== 'int32' && data.length > 2) data.set([Number.NaN, -0]);
        const one = { data: allocate(dtype, 1).fill(1), shape: shape.slice(0, axes).map(() => 1), dtype };
        same('mul', [{ data, shape, dtype }, one], {});
        const [x, y] = [backend.upload(data, { shape, dtype }), backend.upload(one.data, one)];
        const before = backend.memory().liveBytes;
        const [product] = backend.primitives.mul([x, y], {}, inferSignatures('mul', [x, y], {}));
        expect(backend.memory().liveBytes).toBe(before);
        for (const each of [x, y]) backend.free(each);
        const other = backend.upload(allocate(dtype, data.length).fill(7), { shape, dtype });
        expect(backend.downloadSync(product!)).toEqual(data);
        for (const each of [product!, other]) backend.free(each);
      }),
      { numRuns: 100 },
    );
  });

  it('for where, on broadcast shapes and any condition', () => {
    fc.assert(
      fc.property(shapes, dtypes, dtypes, fc.nat(), fc.nat(), fc.nat(), (shape, on, dtype, a, b, seed) => {
        const condition = input(shrunk(shape, a), on, seed, -1, 1);
        const choices = { ...condition, data: condition.data.map(Math.round) };
        same('where', [choices, input(shrunk(shape, b), dtype, seed), input(shape, dtype, seed + 9)], {});
      }),
      { numRuns: 200 },
    );
  });

  it('for functions of one number', () => {
    const ops = fc.constantFrom('neg', 'relu', 'sqrt', 'exp', 'log', 'tanh', 'sigmoid', 'erf');
    fc.assert(
      fc.property(ops, shapes, floats, fc.nat(), (op, shape, dtype, seed) => {
        const low = op === 'sqrt' || op === 'log' ? 0 : -5;
        same(op, [input(shape, dtype, seed, low)], {}, dtype === 'float32' ? 3e-7 : 3e-15);
      }),
      { numRuns: 200 },
    );
  });

  it('for casts', () => {
    fc.assert(
      fc.property(shapes, dtypes, dtypes, fc.nat(), (shape, from, to, seed) => {
        same('cast', [input(shape, from, seed, -1e6, 1e6)], { dtype: to });
      }),
    );
  });

  it('for sum, max and argmax over any axes', () => {
    fc.assert(
      fc.property(shapes, dtypes, fc.nat(), fc.nat(), (shape, dtype, bits, seed) => {
        const x = input(shape, dtype, seed);
        const axes = shape.map((_, axis) => axis).filter((axis) => (bits >> axis) & 1);
        same('sum', [x], { axes }, dtype === 'float32' ? 1e-4 : 1e-11);
        same('max', [x], { axes });
        if (shape.length > 0) same('argmax', [x], { axis: bits % shape.length });
      }),
      { numRuns: 200 },
    );
  });

  it('for max and argmax where there are NaN and infinities', () => {
    const values = fc.constantFrom(NaN, Infinity, -Infinity, 0, 1, -1);
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 40 }), floats, (list, dtype) => {
        const data = dtype === 'float32' ? Float32Array.from(list) : Float64Array.from(list);
        for (const shape of [[list.length], [1, list.length], [list.length, 1]]) {
          const x = { data, shape, dtype };
          for (const axis of shape.keys()) same('argmax', [x], { axis });
          same('max', [x], { axes: [...shape.keys()] });
        }
      }),
    );
  });

  it('for what only moves elements', () => {
    fc.assert(
      fc.property(shapes, dtypes, fc.nat(), fc.nat(), (shape, dtype, bits, seed) => {
        const x = input(shape, dtype, seed);
        const order = shape.map((_, axis) => axis).toSorted((i, j) => ((bits >> i) % 7) - ((bits >> j) % 7));
        same('transpose', [x], { order });
        same('broadcast', [input(shrunk(shape, bits), dtype, seed)], { shape });
        if (shape.length === 0) return;
        const axis = bits % shape.length;
        const start = seed % (shape[axis]! + 1);
        same('reverse', [x], { axis });
        same('slice', [x], { axis, start, size: shape[axis]! - start });
        same('split', [x], { axis, sizes: [start, shape[axis]! - start] });
        same('pad', [x], { axis, before: bits % 3, after: seed % 3 });
        same('concat', [x, x, input(shape, dtype, bits)], { axis });
      }),
      { numRuns: 200 },
    );
  });

  it('for gather and scatterAdd', () => {
    const rows = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(rows, shapes, fc.nat(20), dtypes, fc.nat(), (count, row, many, dtype, seed) => {
        const indices = input([many], 'int32', seed, 0, count);
        same('gather', [input([count, ...row], dtype, seed), indices], {});
        const tolerance = dtype === 'float32' ? 1e-6 : 1e-14;
        same('scatterAdd', [input([many, ...row], dtype, seed), indices], { rows: count }, tolerance);
      }),
    );
  });
});
