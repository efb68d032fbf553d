import { type DType, type Shape, type TypedArray, allocate, inferSignatures, sizeOf } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WasmBackend } from './backend.ts';
import { wasm } from './wasm.ts';
import { engine } from './engine.ts';
import { detectFeatures } from './features.ts';

const { relaxedSimd } = detectFeatures(engine()!);
const exact = await wasm({ relaxedSimd: false });
const reference = cpu();

interface Flags {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function product(
  on: WasmBackend | typeof reference,
  dtype: DType,
  a: readonly [TypedArray, Shape],
  b: readonly [TypedArray, Shape],
  flags: Flags,
): TypedArray {
  const buffers = [a, b].map(([data, shape]) => on.upload(data, { shape, dtype }));
  const [output] = on.primitives.matmul(buffers, flags, inferSignatures('matmul', buffers, flags));
  const result = on.downloadSync(output!);
  for (const buffer of [...buffers, output!]) on.free(buffer);
  return result;
}

function random(dtype: DType, shape: Shape, seed: number): readonly [TypedArray, Shape] {
  const data = allocate(dtype, sizeOf(shape));
  let state = (seed % 2147483646) + 1;
  for (let i = 0; i < data.length; i++) {
    state = (state * 48271) % 2147483647;
    data[i] = (2 * state) / 2147483647 - 1;
  }
  return [data, shape];
}

function shapesOf(m: number, k: number, n: number, { transposeA, transposeB }: Flags): readonly [Shape, Shape] {
  return [transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]];
}

const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70 }));
const flags = fc.record({ transposeA: fc.boolean(), transposeB: fc.boolean() });
const dtypes = fc.constantFrom<DType>('float32', 'float64');

function expectSame(on: WasmBackend, m: number, k: number, n: number, dtype: DType, how: Flags, seed: number): void {
  const [aShape, bShape] = shapesOf(m, k, n, how);
  const [a, b] = [random(dtype, aShape, seed), random(dtype, bShape, seed + 1)];
  const expected = product(reference, dtype, a, b, how);
  const tolerance = (dtype === 'float32' ? 1e-6 : 1e-14) * Math.sqrt(k);
  product(on, dtype, a, b, how).forEach((value, i) => {
    if (!(Math.abs(value - expected[i]!) <= tolerance)) expect.fail(`element ${i}: ${value} instead of ${expected[i]}`);
  });
}

describe('matmul', () => {
  it('gives what backend-cpu gives, for all sizes and transposes', () => {
    fc.assert(
      fc.property(size, size, size, dtypes, flags, fc.nat(), (m, k, n, dtype, how, seed) =>
        expectSame(exact, m, k, n, dtype, how, seed),
      ),
      { numRuns: 200 },
    );
  });

  it('gives it across the blocks that large products are cut into', () => {
    for (const how of [0, 1, 2, 3].map((bits) => ({ transposeA: bits > 1, transposeB: bits % 2 > 0 }))) {
      expectSame(exact, 243, 515, 21, 'float32', how, 5);
      expectSame(exact, 5, 9, 1541, 'float32', how, 6);
      expectSame(exact, 5, 513, 773, 'float64', how, 7);
    }
  });

  it.skipIf(!relaxedSimd)('gives it with relaxed SIMD (skipped where the engine has none)', async () => {
    const backend = await wasm({ relaxedSimd: true });
    fc.assert(
      fc.property(size, size, size, dtypes, flags, fc.nat(), (m, k, n, dtype, how, seed) =>
        expectSame(backend, m, k, n, dtype, how, seed),
      ),
    );
  });

  it('gives the same bits whether A is transposed or not, also where the product is turned round for it', () => {
    const wide = fc.integer({ min: 5, max: 130 });
    fc.assert(
      fc.property(wide, wide, wide, dtypes, fc.nat(), (m, k, n, dtype, seed) => {
        const [[a, aShape], b] = [random(dtype, [m, k], seed), random(dtype, [k, n], seed + 1)];
        const across = allocate(dtype, m * k);
        for (let i = 0; i < m; i++) for (let j = 0; j < k; j++) across[j * m + i] = a[i * k + j]!;
        const straight = product(exact, dtype, [a, aShape], b, { transposeA: false, transposeB: false });
        expect(product(exact, dtype, [across, [k, m]], b, { transposeA: true, transposeB: false })).toEqual(straight);
      }),
    );
  });

  it('gives each row the same bits alone, among others, and in a batch', () => {
    const rows = fc.integer({ min: 4, max: 20 });
    fc.assert(
      fc.property(rows, size, size, dtypes, fc.nat(), (m, k, n, dtype, seed) => {
        fc.pre(n > 1);
        const how = { transposeA: false, transposeB: false };
        const [a, b] = [random(dtype, [m, k], seed), random(dtype, [k, n], seed + 1)];
        const all = product(exact, dtype, a, b, how);
        const row = seed % m;
        const alone = product(exact, dtype, [a[0].slice(row * k, (row + 1) * k), [1, k]], b, how);
        expect(alone).toEqual(all.slice(row * n, (row + 1) * n));
        const twice = product(exact, dtype, join(a, a), join(b, b), how);
        expect(twice.slice(m * n)).toEqual(all);
      }),
    );
  });
});

/** Two equal shapes as a batch. */
function join(
  [x, shape]: readonly [TypedArray, Shape],
  [y]: readonly [TypedArray, Shape],
): readonly [TypedArray, Shape] {
  const data = x instanceof Float32Array ? new Float32Array(2 * x.length) : new Float64Array(2 * x.length);
  data.set(x);
  data.set(y, x.length);
  return [data, [2, ...shape]];
}

describe('a product with a matrix that is mostly zeros', () => {
  const large = fc.record({
    rows: fc.integer({ min: 64, max: 150 }),
    inner: fc.integer({ min: 20, max: 90 }),
    columns: fc.integer({ min: 70, max: 150 }),
    perRow: fc.integer({ min: 0, max: 2 }),
    strange: fc.constantFrom(undefined, Number.NaN, Infinity),
    seed: fc.nat(),
  });

  it('has the bits of the product that skips nothing, whichever side the zeros are on, infinities and NaN included', () => {
    fc.assert(
      fc.property(
        large,
        flags,
        fc.boolean(),
        dtypes,
        ({ rows, inner, columns, perRow, strange, seed }, how, left, dtype) => {
          const [m, k, n] = how.transposeA ? [inner, 4 * rows, columns] : [4 * rows, inner, columns];
          const [aShape, bShape] = shapesOf(m, k, n, how);
          const [a, b] = [random(dtype, aShape, seed)[0], random(dtype, bShape, seed + 1)[0]];
          const [sparse, shape, dense] = left ? [a, aShape, b] : [b, bShape, a];
          for (let row = 0; row < shape[0]!; row++) {
            const start = row * shape[1]!;
            const kept = [seed + 7 * row, seed + 3 * row + 1].slice(0, perRow).map((at) => at % shape[1]!);
            for (let j = 0; j < shape[1]!; j++) if (!kept.includes(j)) sparse[start + j] = 0;
          }
          if (strange !== undefined) dense[seed % dense.length] = strange;
          // Batches are computed densely.
          const twice = (data: TypedArray): TypedArray => {
            const both = allocate(dtype, 2 * data.length);
            both.set(data);
            both.set(data, data.length);
            return both;
          };
          const expected = product(exact, dtype, [twice(a), [2, ...aShape]], [twice(b), [2, ...bShape]], how);
          product(exact, dtype, [a, aShape], [b, bShape], how).forEach((value, i) => {
            // Zeros may have another sign.
            if (!Object.is(value + 0, expected[i]! + 0))
              expect.fail(`element ${i}: ${value} instead of ${expected[i]}`);
          });
        },
      ),
    );
  });
});
