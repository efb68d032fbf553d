import { type Buffer, type CompiledLoop, type LoopProgram, type LoopRun, sizeOf } from '@unroll/backend';
import { describe, expect, it } from 'vitest';
import { Device, type Handle, type KernelSource } from '../device/index.ts';
import { loadGpuJs } from '../gpujs.ts';
import { Memory } from '../memory.ts';
import { loopCompiler } from './compile-loop.ts';

const [time, batch, size] = [9, 2, 3];
const row = { shape: [batch, size], dtype: 'float32' } as const;

/** h ← tanh(h · W + x), g ← h of the step before, s ← s + W summed; h and g are wanted of all steps, and Σₜ Σ of the rows of h. */
const program: LoopProgram = {
  reversed: false,
  values: [
    { shape: [size, size], dtype: 'float32' },
    row,
    row,
    row,
    row,
    row,
    row,
    { shape: [1, size], dtype: 'float32' },
    { shape: [1, size], dtype: 'float32' },
  ],
  constants: [],
  inputs: { once: [0], series: [1] },
  carried: [
    { value: 2, next: 6 },
    { value: 3, next: 2 },
  ],
  phases: {
    once: [],
    before: [],
    loop: [
      { op: 'matmul', inputs: [2, 0], attrs: { transposeA: false, transposeB: false }, outputs: [4] },
      { op: 'add', inputs: [4, 1], attrs: {}, outputs: [5] },
      { op: 'tanh', inputs: [5], attrs: {}, outputs: [6] },
      { op: 'sum', inputs: [6], attrs: { axes: [0] }, outputs: [7] },
      { op: 'accumulate', inputs: [7], attrs: {}, outputs: [8] },
    ],
    after: [],
    totals: [],
  },
  outputs: { once: [], series: [6, 3], totals: [8] },
};

/** A device that fails at one of its calls. */
class FailingDevice extends Device {
  left = Infinity;

  override run(source: KernelSource, inputs: readonly Handle[], scalars?: readonly number[]): Handle {
    if (this.left-- <= 0) throw new Error('the device fails');
    return super.run(source, inputs, scalars);
  }
}

const device = new FailingDevice({ library: await loadGpuJs(), mode: 'cpu', kernels: 100, kernelBytes: 2 ** 20 });
const memory = new Memory(device);
const loop = loopCompiler(memory)(program) as CompiledLoop;

function numbersOf(seed: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * seed));
}

function given(): LoopRun & { readonly free: () => void } {
  const upload = (seed: number, ...shape: readonly number[]): Buffer =>
    memory.upload(numbersOf(seed, sizeOf(shape)), { shape, dtype: 'float32' });
  const weight = upload(0.3, size, size);
  const xs = upload(0.7, time, batch, size);
  const carried = [upload(1.1, batch, size), upload(1.3, batch, size)];
  return {
    time,
    constant: () => weight,
    series: () => xs,
    carried,
    free: () => [weight, xs, ...carried].forEach((buffer) => memory.free(buffer)),
  };
}

describe('a run of a loop on a device', () => {
  it('hands on what it makes and what it finds, keeps it, and sums it', () => {
    const run = given();
    const { carried, series, totals } = loop(run);
    run.free();
    let [h, g] = [numbersOf(1.1, 6), numbersOf(1.3, 6)];
    const [weight, xs] = [numbersOf(0.3, 9), numbersOf(0.7, time * 6)];
    const kept: { readonly h: number[]; readonly g: number[] } = { h: [], g: [] };
    const sums = [0, 0, 0];
    for (let t = 0; t < time; t++) {
      kept.g.push(...g);
      g = h;
      h = Float32Array.from({ length: 6 }, (_, i) => {
        const [b, j] = [Math.floor(i / 3), i % 3];
        const product = [0, 1, 2].reduce((sum, k) => sum + g[b * 3 + k]! * weight[k * 3 + j]!, 0);
        return Math.tanh(product + xs[t * 6 + i]!);
      });
      kept.h.push(...h);
      for (const [i, number] of h.entries()) sums[i % 3]! += number;
    }
    const expectNear = (buffer: Buffer, expected: ArrayLike<number>): void => {
      const actual = memory.downloadSync(buffer);
      expect(actual.length).toBe(expected.length);
      for (const [i, number] of actual.entries()) expect(number).toBeCloseTo(expected[i]!, 5);
      memory.free(buffer);
    };
    expectNear(carried[0]!, h);
    expectNear(carried[1]!, g);
    expectNear(series.get(6)!, kept.h);
    expectNear(series.get(3)!, kept.g);
    expectNear(totals.get(8)!, sums);
    expect(device.statistics.handles).toBe(0);
  });

  it('takes steps one at a time, or some, and gives all back at the end', () => {
    const run = given();
    const plain = { ...program, outputs: { once: [], series: [6], totals: [] } };
    const withoutSums = { ...plain, phases: { ...plain.phases, loop: plain.phases.loop.slice(0, 3) } };
    expect((loopCompiler(memory)(program) as CompiledLoop).begin).toBeUndefined();
    const steps = (loopCompiler(memory)(withoutSums) as CompiledLoop).begin!({
      constant: (value) => run.constant(value),
      carried: run.carried,
    });
    const all = loop(run);
    const kept = memory.downloadSync(all.series.get(6)!);
    const slices = memory.downloadSync(run.series(1));
    const part = (from: number, shape: readonly number[]): Buffer =>
      memory.upload(slices.slice(from * 6, from * 6 + sizeOf(shape)), { shape, dtype: 'float32' });
    const got: number[] = [];
    const take = (x: Buffer, ys: Buffer): void => {
      got.push(...memory.downloadSync(ys));
      for (const buffer of [x, ys]) memory.free(buffer);
    };
    for (const t of [0, 1]) {
      const x = part(t, [batch, size]);
      const y = steps.step(x);
      expect(y.shape).toEqual([batch, size]);
      take(x, y);
    }
    const xs = part(2, [time - 3, batch, size]);
    // Where one of them fails, all are taken from where they began.
    for (let at = 0; at < time - 3; at++) {
      device.left = at;
      expect(() => steps.run(time - 3, xs), `kernel ${at}`).toThrow('the device fails');
    }
    device.left = Infinity;
    take(xs, steps.run(time - 3, xs));
    device.left = 0;
    const x = part(time - 1, [batch, size]);
    expect(() => steps.step(x)).toThrow('the device fails');
    device.left = Infinity;
    take(x, steps.step(x));
    expect(got).toEqual([...kept]);
    const carried = steps.carried();
    for (const [i, each] of carried.entries()) {
      expect(memory.downloadSync(each)).toEqual(memory.downloadSync(all.carried[i]!));
    }
    steps.end();
    for (const buffer of [...carried, ...all.carried, ...all.series.values(), ...all.totals.values()])
      memory.free(buffer);
    run.free();
    expect(device.statistics.handles).toBe(0);
  });

  it('gives everything back, whichever of its kernels fails', () => {
    const before = device.statistics.dispatches;
    const complete = given();
    const results = loop(complete);
    for (const buffer of [...results.carried, ...results.series.values(), ...results.totals.values()])
      memory.free(buffer);
    complete.free();
    const kernels = device.statistics.dispatches - before;
    expect(kernels).toBeGreaterThan(time);
    for (let at = 0; at < kernels; at++) {
      const run = given();
      device.left = at;
      expect(() => loop(run), `kernel ${at}`).toThrow('the device fails');
      device.left = Infinity;
      run.free();
      expect(device.statistics.handles, `kernel ${at}`).toBe(0);
    }
  });

  it('brings a series together when it is asked for, once for all its owners', () => {
    const run = given();
    const { carried, series, totals } = loop(run);
    run.free();
    const kept = series.get(6)!;
    const shared = memory.share(kept);
    const { dispatches } = device.statistics;
    const [first, second] = [memory.downloadSync(kept), memory.downloadSync(shared)];
    const needed = device.statistics.dispatches - dispatches;
    expect(first).toEqual(second);
    memory.free(kept);
    expect(memory.downloadSync(shared)).toEqual(first);
    expect(device.statistics.dispatches - dispatches).toBe(needed);
    for (const buffer of [shared, series.get(3)!, ...carried, ...totals.values()]) memory.free(buffer);
    expect(device.statistics.handles).toBe(0);
  });
});
