import type { LoopProgram } from '@unroll/backend';
import type { FunctionReference } from '../assembler/function-builder.ts';
import { i32, memoryCopy } from '../assembler/instructions.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';
import type { I32, Local } from '../assembler/value.ts';
import type { BatchSplit } from './batch.ts';
import { FAILURE_WORDS, emitStepsLeft } from './failure.ts';
import { viewOf } from './placement.ts';
import { type PlannedProduct, type ProductKernels, emitPacking, emitProduct, offset, planProduct } from './product.ts';
import { rowsIn } from './rows.ts';
import type { Schedule } from './schedule.ts';
import { Places, Table } from './table.ts';
import { BYTES, type Storage, type View } from './values.ts';

/**
 * The kernel of the passes between two products: it is told the number of sequences, then where it leaves why it failed, if it may fail, then
 * the addresses of its storages.
 */
export interface PassKernel {
  readonly kernel: FunctionReference;
  readonly mayFail: boolean;
  readonly storages: readonly Storage[];
}

/** What the driver wants of whoever runs it. */
export interface Driver {
  readonly table: Table;
  /** Bytes from the start of the table to the words of `emitFailure`, if a step may fail. */
  readonly failure: number | undefined;
  /** The weights that `prepare` packs: what they are packed from, a name for the packing, and bytes. */
  readonly packed: readonly { readonly value: number; readonly name: string; readonly bytes: number }[];
  /** Bytes of memory for each part. */
  readonly own: number;
  /** Within a part's own memory: a copy of each total, for all parts but the first. */
  readonly totals: ReadonlyMap<number, number>;
}

type Planned =
  | { readonly product: PlannedProduct; readonly memory: (table: Local<'i32'>) => I32 }
  | { readonly passes: PassKernel };

/** Where a storage is in the present step. */
interface Pointer {
  readonly storage: Storage;
  readonly load: (table: Local<'i32'>) => I32;
}

/**
 * Writes the two functions that run a loop. `prepare(table, part, others)` packs the weights, once for all runs as long as they stay
 * the same: a part of them, for so many other parts, which is all if nothing is said. `run(table)` runs all steps of a part of the
 * batch. They only call: kernels apart from the driver are small, and the engine optimises each while it is in use.
 */
export function emitDriver(
  module: ModuleBuilder,
  kernels: ProductKernels,
  program: LoopProgram,
  schedule: Schedule,
  split: BatchSplit | undefined,
  passes: readonly (PassKernel | undefined)[],
): Driver {
  const { reversed, carried } = program;
  const table = new Table();
  const failure = passes.some((each) => each?.mayFail) ? table.reserve(FAILURE_WORDS) : undefined;
  const own = new Places();
  const packed: { readonly value: number; readonly name: string; readonly bytes: number }[] = [];
  const pointers = new Map<Storage, Pointer>();
  const reach = (storage: Storage): void => {
    if (pointers.has(storage)) return;
    if (storage.kind === 'carried') {
      pointers.set(storage, { storage, load: table.word(({ carriedIn }) => carriedIn(storage.index)) });
    } else if (storage.kind === 'step') {
      const place = own.take(storage.bytes * (storage.handedOn ? 2 : 1));
      pointers.set(storage, { storage, load: table.word((slice) => slice.own + place) });
    } else {
      pointers.set(storage, { storage, load: table.word(({ addressOf }) => addressOf(storage)) });
    }
  };

  const time = table.word((slice) => slice.time);
  const sequences = table.word((slice) => slice.sequences);
  const planned = schedule.actions.map((action, i): Planned => {
    if ('passes' in action) {
      passes[i]!.storages.forEach(reach);
      return { passes: passes[i]! };
    }
    const { a, b, output } = action.product;
    for (const value of [a, b, output]) reach(viewOf(schedule, value).storage);
    const product = planProduct(schedule, action.product);
    const { storage } = viewOf(schedule, b);
    if (product.packed > 0 && storage.kind === 'constant') {
      const index = packed.push({ value: storage.value, name: product.packing, bytes: product.packed }) - 1;
      return { product, memory: table.word((slice) => slice.packed(index)) };
    }
    const place = own.take(product.scratch);
    return { product, memory: table.word((slice) => slice.own + place) };
  });
  const next = schedule.next.map((value) => viewOf(schedule, value));
  for (const { storage } of next) reach(storage);
  const results = carried.map((_, i) => table.word(({ carriedOut }) => carriedOut(i)));
  const totals = new Map<number, number>();
  for (const { op, outputs } of program.phases.loop) {
    const storage = op === 'accumulate' ? schedule.views.get(outputs[0]!)?.storage : undefined;
    if (storage?.kind === 'total') totals.set(storage.value, own.take(storage.bytes));
  }

  const prepare = module.function({ table: 'i32', part: 'i32', others: 'i32' }, [], (f, { table, part, others }) => {
    const addressOf = (view: View): I32 => offset(pointers.get(view.storage)!.load(table), view.offset);
    for (const action of planned) {
      if (!('product' in action)) continue;
      const places = { addressOf, memory: action.memory(table) };
      emitPacking(f, kernels, schedule, action.product, places, { part, others });
    }
  });

  const run = module.function({ table: 'i32' }, [], (f, parameters) => {
    const left = f.let(time(parameters.table));
    const rows = f.let(sequences(parameters.table));
    const locals = new Map<Storage, Local<'i32'>>();
    for (const { storage, load } of pointers.values()) locals.set(storage, f.let(load(parameters.table)));
    const addressOf = (view: View): I32 => offset(locals.get(view.storage)!, view.offset);
    const rowsOf = (value: number): I32 => rowsIn(program, schedule, split, value, rows);
    // What is handed on is in one of two places by turns: their addresses have a constant sum.
    const turns = [...locals].flatMap(([storage, local]) => {
      if (storage.kind !== 'step' || !storage.handedOn) return [];
      return [{ local, sum: f.let(offset(i32.add(local, local), storage.bytes)) }];
    });
    const handedOn = next.map((view, i) => {
      const found = [...locals].find(([storage]) => storage.kind === 'carried' && storage.index === i);
      return { view, local: found?.[1] ?? f.local('i32') };
    });
    const ofFailure = failure === undefined ? undefined : offset(parameters.table, failure);
    f.times(left, () => {
      if (ofFailure) emitStepsLeft(f, ofFailure, left);
      for (const action of planned) {
        if ('product' in action) {
          const memory = action.memory(parameters.table);
          emitProduct(f, kernels, schedule, action.product, { addressOf, memory, rowsOf });
        } else {
          const { kernel, mayFail, storages } = action.passes;
          f.call(kernel, rows, ...(mayFail ? [ofFailure!] : []), ...storages.map((storage) => locals.get(storage)!));
        }
      }
      for (const { view, local } of handedOn) f.set(local, addressOf(view));
      for (const { local, sum } of turns) f.set(local, i32.sub(sum, local));
      for (const [storage, local] of locals) {
        if (storage.kind === 'series' || storage.kind === 'kept') {
          f.increase(local, reversed ? -storage.bytes : storage.bytes);
        }
      }
    });
    for (const [i, { local }] of handedOn.entries()) {
      const width = i32.const(schedule.matrices[schedule.next[i]!]!.columns * BYTES);
      f.do(memoryCopy(results[i]!(parameters.table), local, i32.mul(rowsOf(schedule.next[i]!), width)));
    }
  });
  module.export('prepare', prepare);
  module.export('run', run);
  return { table, failure, packed, own: own.bytes, totals };
}
