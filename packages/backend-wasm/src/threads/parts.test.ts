import {
  type Buffer,
  type Primitive,
  type PrimitiveAttrs,
  type TypedArray,
  dtypeOf,
  inferSignatures,
} from '@unroll/backend';
import { describeBackend } from '@unroll/backend/conformance';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WasmBackend } from '../backend.ts';
import { divide } from '../ops/in-parts.ts';
import { type Input, backendOn, input, runFused, sumOfProducts } from './testing/parts.ts';
import { type Threads, oneThread } from './threads.ts';

/** Divides everything that can be divided, however small it is, and runs the parts here, the last one first. */
function lastFirst(parts: number): Threads {
  const inOrder = oneThread(parts, 0);
  const run: Threads['run'] = (all) => inOrder.run(all.toReversed()).toReversed();
  return { ...inOrder, run, post: run };
}

const backends = [2, 3, 7].flatMap((parts) => [backendOn(oneThread(parts, 0)), backendOn(lastFirst(parts))]);
const whole = backendOn(oneThread(1));

describeBackend('wasm in three parts of any size', () => backendOn(oneThread(3, 0)));

/** The elements of the result of an op. */
function run<P extends Primitive>(
  backend: WasmBackend,
  op: P,
  attrs: PrimitiveAttrs[P],
  ...inputs: readonly Input[]
): TypedArray {
  const buffers = inputs.map(({ shape, data }) => backend.upload(data, { shape, dtype: dtypeOf(data) }));
  const outputs = backend.primitives[op](buffers, attrs, inferSignatures(op, buffers, attrs));
  const result = backend.downloadSync(outputs[0]!);
  const all: readonly Buffer[] = [...buffers, ...outputs];
  for (const buffer of all) backend.free(buffer);
  return result;
}

describe('parts of an op', () => {
  it('cover everything once, in order', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 20 }),
        (total, parts, unit) => {
          const ranges = divide(total, parts, unit);
          expect(ranges.length).toBeLessThanOrEqual(parts);
          let next = 0;
          for (const { first, count } of ranges) {
            expect(first).toBe(next);
            expect(first % unit).toBe(0);
            expect(count).toBeGreaterThan(0);
            next += count;
          }
          expect(next).toBe(total);
        },
      ),
    );
  });

  const size = fc.integer({ min: 1, max: 70 });
  const small = fc.integer({ min: 1, max: 24 });

  it('give the bits of the whole: products', () => {
    const shapes = fc.record({ batch: fc.integer({ min: 1, max: 9 }), m: size, k: size, n: size });
    fc.assert(
      fc.property(shapes, fc.boolean(), fc.boolean(), ({ batch, m, k, n }, transposeA, transposeB) => {
        const a = input([batch, ...(transposeA ? [k, m] : [m, k])]);
        const b = input([batch, ...(transposeB ? [n, k] : [k, n])]);
        const attrs = { transposeA, transposeB };
        const expected = run(whole, 'matmul', attrs, a, b);
        for (const backend of backends) expect(run(backend, 'matmul', attrs, a, b)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('give the bits of the whole: a product with a matrix that is mostly zeros', () => {
    for (const [transposeA, transposeB] of [
      [false, false],
      [false, true],
      [true, false],
    ] as const) {
      for (const sparse of [0, 1]) {
        const [m, k, n] = [67, 70, 66];
        const oneHot = (i: number): number => (i % 37 === 5 ? 0.1 + (i % 11) : 0);
        const a = input(transposeA ? [k, m] : [m, k], sparse === 0 ? oneHot : undefined);
        const b = input(transposeB ? [n, k] : [k, n], sparse === 1 ? oneHot : undefined);
        const expected = run(whole, 'matmul', { transposeA, transposeB }, a, b);
        for (const backend of backends) {
          expect(run(backend, 'matmul', { transposeA, transposeB }, a, b)).toEqual(expected);
        }
      }
    }
  });

  it('see what is not finite on the other side of a matrix that is mostly zeros, wherever it is', () => {
    const [m, k, n] = [65, 70, 66];
    const oneHot = (i: number): number => (i % 37 === 5 ? 0.1 + (i % 11) : 0);
    const sides = fc.constantFrom(
      { transposeA: false, transposeB: false, sparse: 0 },
      { transposeA: false, transposeB: true, sparse: 0 },
      { transposeA: true, transposeB: false, sparse: 0 },
      { transposeA: true, transposeB: false, sparse: 1 },
    );
    fc.assert(
      fc.property(sides, fc.nat(), fc.constantFrom(Infinity, NaN), ({ transposeA, transposeB, sparse }, at, value) => {
        const dense = (size: number) => (i: number) => (i === at % size ? value : Math.sin(i));
        const a = input(transposeA ? [k, m] : [m, k], sparse === 0 ? oneHot : dense(k * m));
        const b = input(transposeB ? [n, k] : [k, n], sparse === 1 ? oneHot : dense(k * n));
        const expected = run(whole, 'matmul', { transposeA, transposeB }, a, b);
        // 0 times what is not finite: in a whole row or column, but for the few elements that are not 0.
        expect(expected.filter(Number.isNaN).length).toBeGreaterThan(Math.min(m, n) / 2);
        for (const backend of backends) {
          expect(run(backend, 'matmul', { transposeA, transposeB }, a, b)).toEqual(expected);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('give the bits of the whole: all other ops', () => {
    fc.assert(
      fc.property(small, small, small, (a, b, c) => {
        const x = input([a, b, c]);
        const index: Input = { shape: [b], data: Int32Array.from({ length: b }, (_, i) => (i * 13) % a) };
        for (const backend of backends) {
          const same = <P extends Primitive>(op: P, attrs: PrimitiveAttrs[P], ...inputs: readonly Input[]): void =>
            expect(run(backend, op, attrs, ...inputs)).toEqual(run(whole, op, attrs, ...inputs));
          same('tanh', {}, x);
          same('cast', { dtype: 'float64' }, x);
          same('add', {}, x, input([a, b, c], Math.cos));
          same('mul', {}, x, input([c]));
          same('mul', {}, x, input([a, 1, 1]));
          same('sub', {}, input([1, b, 1]), x);
          same('equal', {}, input([a * b, 1], Math.floor), input([c], Math.floor));
          for (const axes of [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]) {
            same('sum', { axes }, x);
            same('max', { axes }, x);
          }
          for (const axis of [0, 1, 2]) same('argmax', { axis }, x);
          for (const order of [
            [1, 0, 2],
            [2, 1, 0],
            [0, 2, 1],
            [2, 0, 1],
          ]) {
            same('transpose', { order }, x);
          }
          same('broadcast', { shape: [a, b, c] }, input([b, 1]));
          for (const axis of [0, 1, 2]) {
            const length = x.shape[axis]!;
            same('reverse', { axis }, x);
            same('slice', { axis, start: Math.floor(length / 3), size: Math.ceil(length / 2) }, x);
            same('pad', { axis, before: 1, after: 2 }, x);
            same('concat', { axis }, x, x);
            if (length > 1) same('split', { axis, sizes: [1, length - 1] }, x);
          }
          same('gather', {}, x, index);
          same('scatterAdd', { rows: a }, input([b, c]), index);
        }
      }),
      { numRuns: 8 },
    );
  });

  it('give the bits of the whole: products of all steps', () => {
    const oneHot = (i: number): number => (i % 37 === 5 ? 0.1 + (i % 11) : 0);
    const shapes = fc.constantFrom(
      { time: 9, rows: 12, k: 40, n: 17 },
      { time: 13, rows: 84, k: 700, n: 33 },
      { time: 2, rows: 504, k: 20, n: 16 },
      { time: 2, rows: 42, k: 19, n: 1700 },
      { time: 7, rows: 33, k: 64, n: 65 },
    );
    const fills = fc.constantFrom(undefined, oneHot);
    const wrongs = fc.option(fc.record({ at: fc.nat(), value: fc.constantFrom(Infinity, NaN) }), { nil: undefined });
    fc.assert(
      fc.property(
        shapes,
        fills,
        fc.boolean(),
        wrongs,
        fc.boolean(),
        ({ time, rows, k, n }, fill, transposeB, wrong, is64) => {
          const element = (i: number): number => (wrong && i === wrong.at % (k * n) ? wrong.value : Math.sin(1.3 * i));
          const [a, b] = [input([time, rows, k], fill), input(transposeB ? [n, k] : [k, n], element)].map((each) =>
            is64 ? { ...each, data: Float64Array.from(each.data) } : each,
          ) as [Input, Input];
          const expected = runFused(whole, 'productOverTime', { transposeB }, a, b);
          if (wrong) expect(expected.some(Number.isNaN) || expected.includes(Infinity)).toBe(true);
          for (const backend of backends) {
            expect(runFused(backend, 'productOverTime', { transposeB }, a, b)).toEqual(expected);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('give the bits of the whole: products of all steps that have one column, or a few rows in all', () => {
    for (const [time, rows, k, n] of [
      [9, 84, 40, 1],
      [1, 4, 300, 17],
    ] as const) {
      for (const transposeB of [false, true]) {
        const [a, b] = [input([time, rows, k]), input(transposeB ? [n, k] : [k, n], (i) => Math.cos(1.3 * i))];
        const expected = runFused(whole, 'productOverTime', { transposeB }, a, b);
        for (const backend of backends) {
          expect(runFused(backend, 'productOverTime', { transposeB }, a, b)).toEqual(expected);
        }
      }
    }
  });

  it('are not made of sums of products that have one column or a few rows, or are better turned: the bits of the whole', () => {
    for (const [m, n] of [
      [64, 1],
      [1, 64],
      [4, 32],
      [64, 8],
    ] as const) {
      const [a, b] = [input([21, 40, m]), input([21, 40, n], (i) => Math.cos(1.3 * i))];
      const expected = sumOfProducts(whole, a, b);
      for (const backend of backends) expect(sumOfProducts(backend, a, b)).toEqual(expected);
    }
  });

  it('add up to the whole: sums of products of all steps', () => {
    // Whole numbers, of which no sum is rounded: left out or taken twice, each would show.
    const wholeNumber = (i: number): number => ((i * 7) % 11) - 5;
    const oneHot = (i: number): number => (i % 37 === 5 ? 1 + (i % 3) : 0);
    const shapes = fc.constantFrom(
      { time: 9, rows: 33, m: 40, n: 17 },
      { time: 40, rows: 50, m: 250, n: 33 },
      { time: 1, rows: 1100, m: 20, n: 16 },
      { time: 3, rows: 1201, m: 16, n: 70 },
      { time: 9, rows: 33, m: 17, n: 33 },
      { time: 40, rows: 50, m: 65, n: 66 },
      { time: 6, rows: 100, m: 250, n: 256 },
      { time: 3, rows: 1201, m: 16, n: 80 },
    );
    const sides = fc.constantFrom([wholeNumber, wholeNumber], [wholeNumber, oneHot], [oneHot, wholeNumber]);
    fc.assert(
      fc.property(
        shapes,
        sides,
        fc.constantFrom(Float32Array, Float64Array),
        ({ time, rows, m, n }, [ofA, ofB], type) => {
          const fill = (columns: number, of: (i: number) => number): Input => {
            const shape = [time, rows, columns];
            return { shape, data: new type(Array.from({ length: time * rows * columns }, (_, i) => of(i))) };
          };
          const [a, b] = [fill(m, ofA), fill(n, ofB)];
          const expected = sumOfProducts(whole, a, b);
          for (const backend of backends) expect(sumOfProducts(backend, a, b)).toEqual(expected);
        },
      ),
      { numRuns: 24 },
    );
  });

  it('add up to the same bits whoever runs them, near those of the whole: sums of products of all steps', () => {
    const [a, b] = [input([21, 40, 65]), input([21, 40, 30], (i) => Math.cos(1.3 * i))];
    const expected = sumOfProducts(whole, a, b);
    for (let i = 0; i < backends.length; i += 2) {
      const sums = [backends[i]!, backends[i + 1]!].map((backend) => sumOfProducts(backend, a, b));
      expect(sums[0]).toEqual(sums[1]);
      // The largest are about 20; each of 840 terms is rounded to 24 bits.
      for (const [j, sum] of sums[0]!.entries()) expect(Math.abs(sum - expected[j]!)).toBeLessThan(2e-5);
    }
  });

  it('see what is not finite beside rows that are mostly zeros, in each step and each part', () => {
    const [time, rows] = [6, 40];
    const columns = fc.constantFrom([70, 66] as const, [66, 70] as const);
    fc.assert(
      fc.property(columns, fc.nat(), fc.constantFrom(Infinity, NaN), ([m, n], at, value) => {
        const b = input([time, rows, n], (i) => (i % 37 === 5 ? 1 : 0));
        const a = input([time, rows, m], (i) => (i === at % (time * rows * m) ? value : Math.sin(i)));
        const expected = sumOfProducts(whole, a, b);
        expect(expected.filter(Number.isNaN).length).toBeGreaterThan(n / 2);
        for (const backend of backends) {
          expect(Array.from(sumOfProducts(backend, a, b), Number.isNaN)).toEqual(Array.from(expected, Number.isNaN));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('have some rows of each step where one side of a sum of products is mostly zeros, though it would be turned else', () => {
    const inOrder = oneThread(2, 0);
    const rows: number[] = [];
    const backend = backendOn({
      ...inOrder,
      run: (all) => (rows.push(...all.map(([first]) => first!.values[1]!)), inOrder.run(all)),
    });
    const b = input([50, 32, 65], (i) => (i % 65 === (7 * Math.floor(i / 65)) % 65 ? 1 : 0));
    sumOfProducts(backend, input([50, 32, 128]), b);
    expect(rows.slice(0, 2)).toEqual([16, 16]);
  });

  it('are as many as there are threads, where axes are exchanged of which one is short', () => {
    const inOrder = oneThread(7, 0);
    const counts: number[] = [];
    const backend = backendOn({ ...inOrder, post: (all) => (counts.push(all.length), inOrder.post(all)) });
    for (const shape of [
      [200, 2, 16],
      [2, 200, 16],
    ]) {
      run(backend, 'transpose', { order: [1, 0, 2] }, input(shape));
    }
    expect(counts).toEqual([7, 7]);
  });
});
