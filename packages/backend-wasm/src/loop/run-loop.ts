import { type Buffer, type DType, type LoopRun, type LoopRunResults, type Shape, sizeOf } from '@unroll/backend';
import type { WasmFunction, WasmInstance } from '../engine.ts';
import type { WasmBuffer } from '../memory/wasm-buffer.ts';
import type { Runtime } from '../ops/runtime.ts';
import type { BatchSplit, Unsplittable } from './batch.ts';
import { explained } from './failure.ts';
import type { LoopModule } from './loop-module.ts';
import { type Base, type BufferBase, NONE, tablePlan } from './table-plan.ts';
import { BYTES } from './values.ts';

/** The code of a loop, and what it takes to run it: in this thread, or in several on parts of the batch. */
export interface LoopCode extends LoopModule {
  /** Of an instance of the module, which imports `env.memory` and `IMPORTED_KERNELS`. */
  readonly exports: WasmInstance['exports'];
  /** prepare(table, part, others), with the table of any part: packs a part of the weights. `startLoop` calls it where that is needed. */
  readonly prepare: WasmFunction;
  /** run(table): all steps of one part. */
  readonly run: WasmFunction;
}

/** A run that has been laid out in memory. */
export interface LoopJob {
  /** Addresses: the word list of each part of the batch. */
  readonly tables: readonly number[];
  /** When all parts have run: adds up what they summed, in their order, and gives the memory back. */
  finish(): LoopRunResults;
  /** Frees everything: a part failed. */
  cancel(): void;
}

/** The parts of a batch, as nearly equal as can be. One, if the batch can't be split. */
export function partsOfBatch(split: BatchSplit | Unsplittable, count: number): readonly BatchPart[] {
  if ('reason' in split) return [{ first: 0, sequences: 1 }];
  const parts = Math.max(1, Math.min(count, split.batch));
  const bounds = Array.from({ length: parts + 1 }, (_, i) => Math.floor((split.batch * i) / parts));
  return bounds.slice(1).map((end, i) => ({ first: bounds[i]!, sequences: end - bounds[i]! }));
}

/** Sequences that run together. */
export interface BatchPart {
  readonly first: number;
  readonly sequences: number;
}

/** Lays a run out in memory, for parts of the batch that run one after the other or at the same time. */
export function startLoop(
  { memory, threads }: Runtime,
  code: LoopCode,
  run: LoopRun,
  parts: readonly BatchPart[],
): LoopJob {
  const { program, schedule, driver, split } = code;
  const { time } = run;
  const shapeOf = (value: number): Shape => program.values[value]!.shape;
  const made: WasmBuffer[] = [];
  const make = (shape: Shape, dtype: DType = 'float32'): WasmBuffer => {
    const buffer = memory.make({ shape, dtype });
    made.push(buffer);
    return buffer;
  };
  const cancel = (): void => made.splice(0).forEach((buffer) => memory.free(buffer));
  const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;
  const tableBytes = align(driver.table.bytes);
  try {
    const series = new Map<number, Buffer>();
    const totals = new Map<number, Buffer>();
    for (const { value } of schedule.kept)
      series.set(value, make([time, ...shapeOf(value)], program.values[value]!.dtype));
    for (const { carried: index, found, left } of schedule.slots ?? []) {
      const [shape, { dtype }] = [shapeOf(found), program.values[found]!];
      const slots = memory.make({ shape: [time + 1, ...shape], dtype });
      for (const [i, value] of [found, left].entries()) {
        if (value === undefined) continue;
        const part = memory.share(slots, [time, ...shape], i * sizeOf(shape) * BYTES);
        made.push(part);
        series.set(value, part);
      }
      const [to, from] = [slots, run.carried[index]!].map((buffer) => memory.address(buffer) / BYTES);
      memory.linear.int32.copyWithin(to!, from!, from! + sizeOf(shape));
      memory.free(slots);
    }
    for (const value of driver.totals.keys()) {
      const total = make(shapeOf(value));
      memory.fill(total, 0);
      totals.set(value, total);
    }
    const carried = program.carried.map(({ value }) => make(shapeOf(value), program.values[value]!.dtype));
    const scratch = make([(parts.length * (driver.own + tableBytes)) / BYTES]);
    const packed = driver.packed.map(({ value, name, bytes }) => memory.derived(run.constant(value), name, bytes));
    const plan = tablePlan(code, time, parts);
    const bufferOf = (base: BufferBase): Buffer => {
      if ('index' in base) return (base.kind === 'carriedIn' ? run.carried : carried)[base.index]!;
      if (base.kind === 'constant') return run.constant(base.value);
      if (base.kind === 'series') return run.series(base.value);
      return (base.kind === 'kept' ? series : totals).get(base.value)!;
    };
    const addressOf = (base: Base): number => {
      // Each part's own is added for it.
      if (base.kind === 'own') return 0;
      if (base.kind === 'packed') return packed[base.index]!.address;
      return memory.address(bufferOf(base));
    };
    const bases = plan.bases.map(addressOf);
    const ownBase = plan.bases.findIndex(({ kind }) => kind === 'own');
    const start = memory.address(scratch);
    const owns = parts.map((_, i) => start + i * (driver.own + tableBytes));
    const words = memory.linear.int32;
    for (let i = 0; i < owns.length; i++) {
      const own = owns[i]!;
      if (ownBase >= 0) bases[ownBase] = own;
      const { base, offset } = plan.words[i]!;
      const table = (own + driver.own) / BYTES;
      for (let j = 0; j < base.length; j++) words[table + j] = offset[j]! + (base[j] === NONE ? 0 : bases[base[j]!]!);
      if (i === 0) continue;
      for (const [value, at] of driver.totals) {
        const first = (own + at) / BYTES;
        memory.linear.float32.fill(0, first, first + sizeOf(shapeOf(value)));
      }
    }
    if (packed.some(({ isMade }) => !isMade)) {
      const table = owns[0]! + driver.own;
      threads.run(owns.map((_, i) => [{ kernel: code.prepare, values: [table, i, owns.length - 1] }]));
      for (const each of packed) each.isMade = true;
    }
    const finish = (): LoopRunResults => {
      for (const [value, at] of driver.totals) {
        if (!('roles' in split) || split.roles[value] !== 'partial') continue;
        // No views: to make one takes as long as to add hundreds of numbers.
        const elements = memory.linear.float32;
        const total = memory.address(totals.get(value)!) / BYTES;
        const count = sizeOf(shapeOf(value));
        for (const own of owns.slice(1)) {
          const part = (own + at) / BYTES;
          for (let j = 0; j < count; j++) elements[total + j]! += elements[part + j]!;
        }
      }
      memory.free(scratch);
      return { carried, series, totals };
    };
    return { tables: owns.map((own) => own + driver.own), finish, cancel };
  } catch (error) {
    cancel();
    throw error;
  }
}

/** Runs a loop here and now: the whole batch at once, or parts of it, each in any thread. */
export function runLoop(
  runtime: Runtime,
  code: LoopCode,
  run: LoopRun,
  parts: readonly BatchPart[] = partsOfBatch(code.split, 1),
): LoopRunResults {
  const job = startLoop(runtime, code, run, parts);
  try {
    runtime.threads.run(job.tables.map((table) => [{ kernel: code.run, values: [table], size: run.time }]));
  } catch (error) {
    const failed = parts.map(({ first }, i) => ({ table: job.tables[i]!, first }));
    const reason = explained(error, code, runtime.memory.linear.int32, run.time, failed);
    job.cancel();
    throw reason;
  }
  return job.finish();
}
