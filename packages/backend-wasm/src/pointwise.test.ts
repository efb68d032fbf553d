import { type Primitive, type TypedArray, inferSignatures } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WasmBackend } from './backend.ts';
import { wasm } from './wasm.ts';

type Function = Extract<Primitive, 'exp' | 'log' | 'sqrt' | 'tanh' | 'sigmoid' | 'erf' | 'sin' | 'cos'>;

const backend: WasmBackend = await wasm({ relaxedSimd: false });
const reference = cpu();

function apply(on: WasmBackend | typeof reference, name: Function, data: TypedArray): TypedArray {
  const dtype = data instanceof Float32Array ? 'float32' : 'float64';
  const input = on.upload(data, { shape: [data.length], dtype });
  const [output] = on.primitives[name]([input], {}, inferSignatures(name, [input], {}));
  const result = on.downloadSync(output!);
  on.free(input);
  on.free(output!);
  return result;
}

const COUNT = 20_000;
/** Evenly spread, both ends included. */
function between(low: number, high: number): number[] {
  return Array.from({ length: COUNT }, (_, i) => low + ((high - low) * i) / (COUNT - 1));
}

/** The largest absolute and relative error against backend-cpu in double precision. */
function errors(name: Function, data: TypedArray): { absolute: number; relative: number } {
  const values = apply(backend, name, data);
  const expected = apply(reference, name, Float64Array.from(data));
  let [absolute, relative] = [0, 0];
  values.forEach((value, i) => {
    const difference = Math.abs(value - expected[i]!);
    absolute = Math.max(absolute, difference);
    if (expected[i] !== 0) relative = Math.max(relative, difference / Math.abs(expected[i]!));
  });
  return { absolute, relative };
}

describe('functions of one number', () => {
  it.each([
    ['exp', 1.1e-7, [-6, 6]],
    ['exp', 1.1e-7, [-87, 88.7]],
    ['log', 9e-8, [0.5, 2]],
    ['log', 9e-8, [1e-30, 1e30]],
    ['sqrt', 6e-8, [0, 100]],
    ['tanh', 2.5e-7, [-6, 6]],
    ['tanh', 2.5e-7, [-1e-3, 1e-3]],
    ['sigmoid', 1.5e-7, [-80, 80]],
    ['erf', 2.1e-7, [-6, 6]],
    ['erf', 2.1e-7, [-1e-3, 1e-3]],
    ['sin', 1.5e-7, [-3, 3]],
    ['sin', 1.5e-7, [-1e-3, 1e-3]],
    ['cos', 1.5e-7, [-1.5, 1.5]],
  ] as const)('%s has a relative error below %d in float32 on %j', (name, limit, [low, high]) => {
    expect(errors(name, Float32Array.from(between(low, high))).relative).toBeLessThan(limit);
  });

  it.each([
    ['exp', 1.1e-7 * Math.E ** 6],
    ['tanh', 1.8e-7],
    ['sigmoid', 9e-8],
    ['erf', 1.8e-7],
    ['sin', 1.3e-7],
    ['cos', 1.3e-7],
  ] as const)('%s has an absolute error below %d in float32 on [-6, 6]', (name, limit) => {
    expect(errors(name, Float32Array.from(between(-6, 6))).absolute).toBeLessThan(limit);
  });

  it.each([
    ['exp', 2.3e-16, [-700, 700]],
    ['log', 2.3e-16, [1e-300, 1e300]],
    ['log', 2.3e-16, [0.5, 2]],
    ['tanh', 7e-16, [-20, 20]],
    ['tanh', 7e-16, [-1e-3, 1e-3]],
    ['sigmoid', 6e-16, [-100, 100]],
    ['erf', 2e-15, [-6, 6]],
    ['erf', 1e-15, [-1e-3, 1e-3]],
    ['sin', 3e-16, [-3, 3]],
    ['cos', 3e-16, [-1.5, 1.5]],
  ] as const)('%s has a relative error below %d in float64 on %j', (name, limit, [low, high]) => {
    expect(errors(name, Float64Array.from(between(low, high))).relative).toBeLessThan(limit);
  });

  it.each([Float32Array, Float64Array])('are exact at the ends of the range and keep NaN in a %o', (Floats) => {
    const at = Floats.from([-Infinity, Infinity, NaN, 0]);
    const values = (name: Function): number[] => Array.from(apply(backend, name, at));
    expect(values('exp')).toEqual([0, Infinity, NaN, 1]);
    expect(values('log')).toEqual([NaN, Infinity, NaN, -Infinity]);
    expect(values('sqrt')).toEqual([NaN, Infinity, NaN, 0]);
    expect(values('tanh')).toEqual([-1, 1, NaN, 0]);
    expect(values('sigmoid')).toEqual([0, 1, NaN, 0.5]);
    expect(values('erf')).toEqual([-1, 1, NaN, 0]);
    expect(values('sin')).toEqual([NaN, NaN, NaN, 0]);
    expect(values('cos')).toEqual([NaN, NaN, NaN, 1]);
  });

  it('keep NaN of whatever bits', () => {
    const bits = Int32Array.of(0x7f800001, 0x7fc12345, 0x7fffffff, -1);
    const at = new Float32Array(bits.buffer);
    for (const name of ['exp', 'log', 'sqrt', 'tanh', 'sigmoid', 'erf', 'sin', 'cos'] as const) {
      expect(Array.from(apply(backend, name, at)), name).toEqual([NaN, NaN, NaN, NaN]);
    }
  });

  it.each(['sin', 'cos'] as const)('%s takes angles of any size, small and large side by side', (name) => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), (angles) => {
        const float64 = Float64Array.from(angles);
        const float32 = Float32Array.from(angles.filter((angle) => Number.isFinite(Math.fround(angle))));
        expect(errors(name, float64).absolute).toBeLessThan(5e-16);
        expect(errors(name, float32).absolute).toBeLessThan(1.3e-7);
      }),
    );
    expect(errors(name, Float64Array.from(between(-3e7, 3e7))).absolute).toBeLessThan(5e-16);
    expect(errors(name, Float32Array.from(between(-3e5, 3e5))).absolute).toBeLessThan(1.3e-7);
  });

  it('take numbers that are almost 0', () => {
    for (const name of ['tanh', 'erf', 'sin', 'log'] as const) {
      const { relative } = errors(
        name,
        Float32Array.of(1e-30, -1e-30, 1.2e-38, 1e-20).map(name === 'log' ? Math.abs : (x) => x),
      );
      expect(relative, name).toBeLessThan(3e-7);
    }
    expect(apply(backend, 'log', Float32Array.of(2 ** -149))[0]).toBeCloseTo(-149 * Math.LN2, 4);
    expect(apply(backend, 'log', Float64Array.of(2 ** -1074))[0]).toBeCloseTo(-1074 * Math.LN2, 10);
  });
});
