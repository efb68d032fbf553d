import type { LoopProgram, LoopRun } from '@unroll/backend';
import { describe, expect, it } from 'vitest';
import { loopCode } from './compile-loop.ts';
import { type LoopCode, partsOfBatch, runLoop, startLoop } from './run-loop.ts';
import { plainRuntime } from './testing/backends.ts';

const [batch, steps, size, rows] = [4, 5, 3, 6];
const row = { shape: [batch, size], dtype: 'float32' } as const;

/** h′ = table[index] + h, kept for all steps; the weight's rows are added up in a total. */
const program: LoopProgram = {
  reversed: false,
  values: [
    { shape: [rows, size], dtype: 'float32' },
    { shape: [batch], dtype: 'int32' },
    row,
    row,
    row,
    { shape: [1, size], dtype: 'float32' },
    { shape: [1, size], dtype: 'float32' },
  ],
  constants: [],
  inputs: { once: [0], series: [1] },
  phases: {
    once: [],
    before: [],
    loop: [
      { op: 'gather', inputs: [0, 1], attrs: {}, outputs: [3] },
      { op: 'add', inputs: [3, 2], attrs: {}, outputs: [4] },
      { op: 'sum', inputs: [4], attrs: { axes: [0] }, outputs: [5] },
      { op: 'accumulate', inputs: [5], attrs: {}, outputs: [6] },
    ],
    after: [],
    totals: [],
  },
  carried: [{ value: 2, next: 4 }],
  outputs: { once: [], series: [4], totals: [6] },
};

const runtime = plainRuntime();
const { memory } = runtime;
const code = loopCode(runtime, program) as LoopCode;

/** A run whose last index is this one; the table has `rows` rows. */
function runWith(index: number, time: number = steps): LoopRun & { readonly free: () => void } {
  const table = memory.upload(new Float32Array(rows * size).fill(1), program.values[0]!);
  const indices = new Int32Array(time * batch);
  indices[indices.length - 1] = index;
  const series = memory.upload(indices, { shape: [time, batch], dtype: 'int32' });
  const state = memory.upload(new Float32Array(batch * size), row);
  return {
    time,
    constant: () => table,
    series: () => series,
    carried: [state],
    free: () => [table, series, state].forEach((buffer) => memory.free(buffer)),
  };
}

describe.each([1, 2])('a run of a loop in %i parts', (count) => {
  const parts = partsOfBatch(code.split, count);

  it('gives memory back when its results are freed', () => {
    const before = memory.statistics.liveBytes;
    const run = runWith(1);
    const { carried, series, totals } = runLoop(runtime, code, run, parts);
    expect(memory.download(carried[0]!)).toEqual(new Float32Array(batch * size).fill(steps));
    expect(memory.download(totals.get(6)!)).toEqual(new Float32Array(size).fill((batch * steps * (steps + 1)) / 2));
    for (const buffer of [...carried, ...series.values(), ...totals.values()]) memory.free(buffer);
    run.free();
    expect(memory.statistics.liveBytes).toBe(before);
  });

  it('gives memory back when it is cancelled before it runs', () => {
    const run = runWith(1);
    const { liveBytes, buffers } = memory.statistics;
    const job = startLoop(runtime, code, run, parts);
    expect(job.tables.length).toBe(parts.length);
    expect(memory.statistics.liveBytes).toBeGreaterThan(liveBytes);
    job.cancel();
    expect(memory.statistics).toMatchObject({ liveBytes, buffers });
    run.free();
  });

  it('gives memory back when a part fails, and runs again', () => {
    const run = runWith(rows);
    const { liveBytes, buffers } = memory.statistics;
    expect(() => runLoop(runtime, code, run, parts)).toThrow(
      'gather: index 6 at position 3 of step 4 is out of range: there are 6 rows, 0 to 5.',
    );
    expect(memory.statistics).toMatchObject({ liveBytes, buffers });
    run.free();
    const again = runWith(0);
    const { carried } = runLoop(runtime, code, again, parts);
    expect(memory.download(carried[0]!)).toEqual(new Float32Array(batch * size).fill(steps));
  });
});

it('a run has its own number of steps and parts, whatever the one before had', () => {
  for (const [time, count] of [
    [5, 2],
    [3, 2],
    [3, 4],
    [3, 1],
    [5, 2],
  ] as const) {
    const run = runWith(1, time);
    const { carried, series, totals } = runLoop(runtime, code, run, partsOfBatch(code.split, count));
    expect(memory.download(carried[0]!)).toEqual(new Float32Array(batch * size).fill(time));
    expect(memory.download(series.get(4)!).slice(-batch * size)).toEqual(new Float32Array(batch * size).fill(time));
    expect(memory.download(totals.get(6)!)).toEqual(new Float32Array(size).fill((batch * time * (time + 1)) / 2));
    for (const buffer of [...carried, ...series.values(), ...totals.values()]) memory.free(buffer);
    run.free();
  }
});
