import {
  type Buffer,
  type CompiledLoop,
  type LoopProgram,
  type LoopRun,
  type LoopRunResults,
  type Shape,
} from '@unroll/backend';
import type { WasmBuffer } from '../memory/wasm-buffer.ts';
import type { Runtime } from '../ops/runtime.ts';
import type { CompiledPasses } from './compile-loop.ts';
import { viewOf } from './pass.ts';
import { type CompiledProduct, compileProduct } from './product.ts';
import type { Schedule } from './schedule.ts';
import { BYTES, type Storage, type View } from './values.ts';

const ALIGNMENT = 64;
/** Behind each place: whole vectors are read. */
const SLACK = 16;

/** Bytes of a run's own memory, handed out in order. */
class Plan {
  bytes = 0;

  take(bytes: number): number {
    const at = this.bytes;
    this.bytes += Math.ceil((bytes + SLACK) / ALIGNMENT) * ALIGNMENT;
    return at;
  }
}

type Step =
  | { readonly product: CompiledProduct; readonly scratch: number }
  | { readonly passes: CompiledPasses; readonly slots: readonly number[]; readonly addresses: number[] };

/** Runs all steps: the addresses of each are numbers, put together here and handed to the kernels. */
export function runnerOf(
  runtime: Runtime,
  program: LoopProgram,
  schedule: Schedule,
  passes: readonly (CompiledPasses | undefined)[],
): CompiledLoop {
  const plan = new Plan();
  const slots = new Map<Storage, number>();
  const slotOf = (storage: Storage): number => {
    const slot = slots.get(storage) ?? slots.size;
    slots.set(storage, slot);
    return slot;
  };
  const steps = schedule.actions.map((action, i): Step => {
    if ('product' in action) {
      for (const value of [action.product.a, action.product.b, action.product.output]) {
        slotOf(viewOf(schedule, value).storage);
      }
      const product = compileProduct(runtime, schedule, action.product);
      return { product, scratch: plan.take(product.scratch) };
    }
    const group = passes[i]!;
    return { passes: group, slots: group.storages.map(slotOf), addresses: group.storages.map(() => 0) };
  });
  const next = schedule.next.map((value) => slotOf(viewOf(schedule, value).storage));
  for (const { made } of schedule.kept) slotOf(viewOf(schedule, made).storage);
  const places = new Map<Storage, number>();
  for (const storage of slots.keys()) {
    if (storage.kind === 'step') places.set(storage, plan.take(storage.bytes * (storage.handedOn ? 2 : 1)));
  }
  const layout = { program, schedule, slots, steps, next, places };
  return (run) => runtime.memory.withScratch(plan.bytes, (start) => runSteps(runtime, layout, run, start));
}

interface Layout {
  readonly program: LoopProgram;
  readonly schedule: Schedule;
  readonly slots: ReadonlyMap<Storage, number>;
  readonly steps: readonly Step[];
  /** The slots of what is handed on. */
  readonly next: readonly number[];
  readonly places: ReadonlyMap<Storage, number>;
}

function runSteps({ memory, kernel }: Runtime, layout: Layout, run: LoopRun, start: number): LoopRunResults {
  const { program, schedule, slots, steps, next, places } = layout;
  const { time } = run;
  const make = (shape: Shape): WasmBuffer => memory.make({ shape, dtype: 'float32' });
  const shapeOf = (value: number): Shape => program.values[value]!.shape;
  const series = new Map<number, Buffer>();
  const totals = new Map<number, Buffer>();
  for (const { value } of schedule.kept) series.set(value, make([time, ...shapeOf(value)]));
  for (const { op, outputs } of program.phases.loop) {
    if (op !== 'accumulate') continue;
    const total = make(shapeOf(outputs[0]!));
    memory.fill(total, 0);
    totals.set(outputs[0]!, total);
  }
  const carried = program.carried.map(({ value }) => make(shapeOf(value)));

  // Each storage lies at base + t · perStep + (i odd ? odd : 0).
  const storages = [...slots.keys()];
  const addresses = storages.map(() => 0);
  const from = run.carried.map((value) => memory.address(value));
  const bases = storages.map((storage) => {
    if (storage.kind === 'constant') return memory.address(run.constant(storage.value));
    if (storage.kind === 'series') return memory.address(run.series(storage.value));
    if (storage.kind === 'kept') return memory.address(series.get(storage.value)!);
    if (storage.kind === 'total') return memory.address(totals.get(storage.value)!);
    return storage.kind === 'carried' ? 0 : start + places.get(storage)!;
  });
  const perStep = storages.map((storage) => (storage.kind === 'series' || storage.kind === 'kept' ? storage.bytes : 0));
  const odd = storages.map((storage) => (storage.kind === 'step' && storage.handedOn ? storage.bytes : 0));
  const carriedIn = storages.map((storage) => (storage.kind === 'carried' ? storage.index : -1));
  const addressOf = ({ storage, offset }: View): number => addresses[slots.get(storage)!]! + offset;

  for (let i = 0; i < time; i++) {
    const t = program.reversed ? time - 1 - i : i;
    for (let s = 0; s < addresses.length; s++) {
      addresses[s] = carriedIn[s]! >= 0 ? from[carriedIn[s]!]! : bases[s]! + t * perStep[s]! + (i & 1) * odd[s]!;
    }
    for (const step of steps) {
      if ('product' in step) {
        if (i === 0) step.product.begin(addressOf, start + step.scratch);
        step.product.run(addressOf, start + step.scratch);
      } else {
        for (let j = 0; j < step.slots.length; j++) step.addresses[j] = addresses[step.slots[j]!]!;
        step.passes.run(...step.addresses);
      }
    }
    for (let j = 0; j < next.length; j++) from[j] = addresses[next[j]!]!;
  }
  const copy = kernel('copyBlocks');
  for (const [j, buffer] of carried.entries()) {
    const { rows, columns } = schedule.matrices[schedule.next[j]!]!;
    const width = columns * BYTES;
    copy(memory.address(buffer), width, from[j]!, width, width, rows);
  }
  return { carried, series, totals };
}
