import { type LoopObstacle, type LoopProgram, sizeOf } from '@unroll/backend';
import { ModuleBuilder } from '../assembler/module-builder.ts';
import { EXACT, RELAXED } from '../kernels/gemm/tile.ts';
import { Constants, HEAP } from '../kernels/static-area.ts';
import { type LoopModule, loopModule, storagesOf } from './loop-module.ts';
import { viewOf } from './placement.ts';
import { planProduct } from './product.ts';
import type { Schedule } from './schedule.ts';
import { standaloneKernels } from './standalone-kernels.ts';
import { Places, type Slice } from './table.ts';
import { BYTES, type Storage } from './values.ts';

/** Where a value lies in memory, in bytes. */
export interface ExportedValue {
  /** Its position in the program. */
  readonly value: number;
  readonly address: number;
}

/** Memory of one stream: addresses from the start of the stream's range on. A range begins at a multiple of 64. */
export interface ExportedStream {
  readonly bytes: number;
  readonly x: number;
  readonly y: number;
  /** In the order of `LoopProgram.carried`. Read, and written back, by every step. */
  readonly carried: readonly number[];
  /** int32 numbers that begin the range. */
  readonly table: readonly number[];
  /** Positions in the table of the numbers to which the address of the range is added. */
  readonly relocated: readonly number[];
}

/**
 * A step as a module that needs nothing but memory, and where everything lies in that. The module imports `env.memory` and exports
 * `prepare(table, part, others)`, which packs the weights and is called once, with 0 for the last two, and `run(table)`, which runs a
 * step: `table` is the address of a stream's range.
 */
export interface ExportedLoop {
  readonly module: Uint8Array<ArrayBuffer>;
  /** What all steps read. */
  readonly constants: readonly ExportedValue[];
  /** What `prepare` alone reads. */
  readonly unpacked: readonly ExportedValue[];
  /** Ranges of streams begin here: what lies before stays. */
  readonly streams: number;
  /** Bytes of memory that `prepare` needs, with a stream's range at `streams`. */
  readonly prepareBytes: number;
  readonly stream: ExportedStream;
}

export interface ExportLoopOptions {
  /**
   * Whether products may round once where the machine multiplies and adds in one step: faster on many, but engines without relaxed
   * SIMD refuse the module, and the last bits depend on the machine. Default false.
   */
  readonly relaxedSimd?: boolean;
}

/**
 * Compiles the loop of a program, ahead of time, for one step at a time: given one series, giving one. Needs no WebAssembly itself.
 * Says why it can't be done, if it can't.
 */
export function exportLoop(
  program: LoopProgram,
  { relaxedSimd = false }: ExportLoopOptions = {},
): ExportedLoop | LoopObstacle {
  const { inputs, outputs, phases } = program;
  if ([phases.once, phases.before, phases.after, phases.totals].some(({ length }) => length > 0)) {
    return { reason: 'some of it runs outside of the loop' };
  }
  if (inputs.series.length !== 1 || outputs.series.length !== 1)
    return { reason: 'it has not one input and one output' };
  const module = new ModuleBuilder();
  module.importMemory({ minimum: 1 });
  const loop = loopModule(
    program,
    {
      module,
      constants: new Constants(),
      kernelsFor: (schedule) => standaloneKernels(module, relaxedSimd ? RELAXED : EXACT, schedule),
    },
    { reuse: false },
  );
  if ('reason' in loop) return loop;
  if (loop.schedule.kept.length !== 1) return { reason: 'the step does not compute its output' };
  return layOut(loop);
}

/** Finds a place for everything. */
function layOut({ program, schedule, driver, split, bytes: module }: LoopModule): ExportedLoop {
  const sizeInBytes = (value: number): number => sizeOf(program.values[value]!.shape) * BYTES;
  const kept = new Places(HEAP);
  const packed = driver.packed.map(({ bytes }) => kept.take(bytes));
  const inSteps = constantsInSteps(schedule);
  const constants = [...inSteps].map((value) => ({ value, address: kept.take(sizeInBytes(value)) }));

  const range = new Places();
  const table = range.take(driver.table.bytes);
  const own = range.take(driver.own);
  const x = range.take(sizeInBytes(program.inputs.series[0]!));
  const y = range.take(sizeInBytes(program.outputs.series[0]!));
  const carried = program.carried.map(({ value }) => range.take(sizeInBytes(value)));

  const beyond = new Places(kept.bytes + range.bytes);
  const unpacked = driver.packed
    .map(({ value }) => value)
    .filter((value, i, all) => !inSteps.has(value) && all.indexOf(value) === i)
    .map((value) => ({ value, address: beyond.take(sizeInBytes(value)) }));

  const addresses = new Map([...constants, ...unpacked].map(({ value, address }) => [value, address]));
  const wordsAt = (base: number): Int32Array => {
    const places = { series: base + x, kept: base + y, carried: 0, step: 0, total: 0 };
    const slice: Slice = {
      time: 1,
      sequences: 'batch' in split ? split.batch : 1,
      addressOf: (storage) => (storage.kind === 'constant' ? addresses.get(storage.value)! : places[storage.kind]),
      carriedIn: (index) => base + carried[index]!,
      carriedOut: (index) => base + carried[index]!,
      packed: (index) => packed[index]!,
      own: base + own,
    };
    const words = new Int32Array(driver.table.bytes / BYTES);
    driver.table.write(words, table, slice);
    return words;
  };
  const words = wordsAt(0);
  const moved = wordsAt(BYTES);
  return {
    module,
    constants,
    unpacked,
    streams: kept.bytes,
    prepareBytes: beyond.bytes,
    stream: {
      bytes: range.bytes,
      x,
      y,
      carried,
      table: [...words],
      relocated: [...words.keys()].filter((i) => words[i] !== moved[i]),
    },
  };
}

/** Constants that are not only read to be packed. */
function constantsInSteps(schedule: Schedule): ReadonlySet<number> {
  const storages: Storage[] = schedule.next.map((value) => viewOf(schedule, value).storage);
  for (const action of schedule.actions) {
    if ('passes' in action) storages.push(...storagesOf(schedule, action.passes));
    else {
      const { a, b } = action.product;
      const read = planProduct(schedule, action.product).packed > 0 ? [a] : [a, b];
      storages.push(...read.map((value) => viewOf(schedule, value).storage));
    }
  }
  return new Set(storages.flatMap((storage) => (storage.kind === 'constant' ? [storage.value] : [])));
}
