import {
  type Buffer,
  type LoopRun,
  type LoopRunResults,
  type Shape,
  type Signature,
  UnrollError,
} from '@unroll/backend';
import type { Device, Handle } from '../device/index.ts';
import { ofPacked, packRight } from '../matmul/index.ts';
import type { GpuBuffer, Memory } from '../memory.ts';
import type { AfterKernel, AfterPlan } from './after-steps.ts';
import { Expressions, type Packing, type Source } from './expression.ts';
import { KeptSeries, KeptSteps } from './kept-series.ts';
import { type LoopKernel, kernelText, threadOver } from './kernel-text.ts';
import { packedElements } from './packed-loads.ts';
import { along, plus, times } from './position.ts';
import type { Origin, Slot, StepPlan } from './plan.ts';
import { componentsFor } from './plan.ts';
import type { TiledProduct } from './tiled-products.ts';

/** What steps run on that their program does not tell. Stays the caller's. */
export interface StepsStart extends Pick<LoopRun, 'constant' | 'carried'> {
  readonly memory: Memory;
  readonly plan: StepPlan;
}

/** Some steps. */
export interface StepsRun extends Pick<LoopRun, 'time' | 'series'> {
  readonly after: AfterPlan;
  /** The classes of series that come step by step. */
  readonly given: readonly KeptSteps[];
}

/** All steps of a run, from the first to the last. */
export function runSteps(
  { memory, plan, after, given }: Pick<StepsStart, 'memory' | 'plan'> & Pick<StepsRun, 'after' | 'given'>,
  run: LoopRun,
): LoopRunResults {
  const constant = (value: number): Buffer => run.constant(value);
  const series = (value: number): Buffer => run.series(value);
  const runner = new StepRunner({ memory, plan, constant, carried: run.carried });
  try {
    const results = runner.run({ time: run.time, series, after, given });
    return { ...results, carried: runner.carried() };
  } finally {
    runner.end();
  }
}

/** Runs steps, then what is made of all of them; then more, if there are any, with what is packed and carried. */
export class StepRunner {
  readonly #memory: Memory;
  readonly #device: Device;
  readonly #plan: StepPlan;
  readonly #start: StepsStart;
  /** What runs at the moment. */
  #run!: StepsRun;
  readonly #numbers = new Map<number, Handle>();
  /** Right operands of products, by value and whether they are transposed. */
  readonly #packed = new Map<string, Handle>();
  /** Constants as kernels want them, by what those call them. */
  readonly #arrangements = new Map<string, Handle>();
  /** Of each slot, as the next step finds it. */
  #slots: Handle[] = [];
  /** What slots and groups held at each step of this run, where something reads it later. */
  readonly #histories = new Map<string, Handle[]>();

  constructor(start: StepsStart) {
    this.#memory = start.memory;
    this.#device = start.memory.device;
    this.#plan = start.plan;
    this.#start = start;
    try {
      for (const slot of start.plan.slots) this.#slots.push(this.#device.keep(this.#begin(slot)));
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** All that steps leave but what they carry; becomes the caller's. If any of it fails, they carry what they found. */
  run(run: StepsRun): Omit<LoopRunResults, 'carried'> {
    this.#run = run;
    const found = this.#slots;
    const { program } = this.#plan.graph;
    for (const key of this.#readLater()) this.#histories.set(key, []);
    let kept: ReadonlyMap<string, KeptSteps> | undefined;
    try {
      for (let i = 0; i < run.time; i++) this.#step(program.reversed ? run.time - 1 - i : i, found);
      kept = this.#keep(program.reversed);
      const results = this.#results(kept);
      if (this.#slots !== found) this.#freeAll(found);
      return results;
    } catch (error) {
      const left = this.#slots;
      this.#slots = found;
      if (left !== found) this.#freeAll(left);
      throw error;
    } finally {
      kept?.forEach((steps) => steps.release());
      for (const history of this.#histories.values()) this.#freeAll(history);
      this.#histories.clear();
    }
  }

  #results(kept: ReadonlyMap<string, KeptSteps>): Omit<LoopRunResults, 'carried'> {
    const device = this.#device;
    const { time, after } = this.#run;
    const { graph } = this.#plan;
    const { values } = graph.program;
    const series = new Map<number, Buffer>();
    const totals = new Map<number, Buffer>();
    const known = new Map<number, Handle>();
    const wholeOf = (value: number): Handle => {
      let handle = known.get(value);
      if (!handle) {
        const one = this.#keptSeries(value, kept);
        try {
          known.set(value, (handle = one.handle()));
        } finally {
          one.free();
        }
      }
      return handle;
    };
    try {
      for (const each of after.deferred) known.set(each.value, this.#afterKernel(each, wholeOf));
      for (const each of after.totals) {
        totals.set(each.value, this.#memory.own(this.#afterKernel(each, wholeOf), values[each.value]!));
      }
      for (const value of graph.kept) {
        const whole = known.get(value);
        const { shape, dtype } = values[value]!;
        const overTime = { shape: [time, ...shape], dtype };
        const buffer = whole
          ? this.#memory.own(device.share(whole), overTime)
          : this.#memory.defer(this.#keptSeries(value, kept), overTime);
        series.set(value, buffer);
      }
      return { series, totals };
    } catch (error) {
      for (const buffer of [...series.values(), ...totals.values()]) this.#memory.free(buffer);
      throw error;
    } finally {
      known.forEach((handle) => device.free(handle));
    }
  }

  /** As the last step left it; becomes the caller's. */
  carried(): readonly Buffer[] {
    const { carried, values } = this.#plan.graph.program;
    const made: Buffer[] = [];
    try {
      for (const [i, { value }] of carried.entries()) made.push(this.#last(i, values[value]!));
      return made;
    } catch (error) {
      for (const buffer of made) this.#memory.free(buffer);
      throw error;
    }
  }

  /** Gives all back that no result holds. */
  end(): void {
    const holds = [this.#slots, ...[this.#numbers, this.#packed, this.#arrangements].map((each) => each.values())];
    for (const handles of holds) this.#freeAll(handles);
  }

  #freeAll(handles: Iterable<Handle>): void {
    for (const handle of handles) this.#device.free(handle);
  }

  /** What the first step finds. */
  #begin({ components, members, shape }: Slot): Handle {
    const initial = (index: number): Handle => this.#memory.handle(this.#start.carried[index]!, 'scan');
    if (components === 1) return this.#device.share(initial(members[0]!.carried));
    const kernel = packing(this.#device.vectors, shape, components, members);
    return this.#scalars(
      this.#device.run(
        kernel.kernel,
        kernel.sources.map(({ key }) => initial(Number(key))),
      ),
    );
  }

  /** Texels as kernels take them. */
  #scalars(handle: Handle): Handle {
    if (this.#device.vectors || handle.components === 1) return handle;
    try {
      return this.#device.asScalars(handle);
    } finally {
      this.#device.free(handle);
    }
  }

  /** `found`: what the first of the run found, which is kept until all have run. */
  #step(t: number, found: readonly Handle[]): void {
    const device = this.#device;
    const made: Handle[] = [];
    const owned = this.#slots;
    for (const [key, history] of this.#histories) {
      if (key.startsWith('slot')) history.push(device.share(owned[Number(key.slice(5))]!));
    }
    try {
      for (const { kernel, sources, takesStep, product } of this.#plan.kernels) {
        const inputs = sources.map((source) =>
          source.packing
            ? this.#arranged(source, source.packing)
            : this.#source(this.#plan.origins.get(source.key)!, t, made),
        );
        const result = device.run(kernel, inputs, takesStep ? [t] : []);
        made.push(product ? this.#product(result, product) : this.#scalars(result));
      }
      for (const [key, history] of this.#histories) {
        if (key.startsWith('group')) history.push(device.share(made[Number(key.slice(6))]!));
      }
      const next = this.#plan.slots.map(({ from }) => device.share(this.#source(from, t, made)));
      for (const handle of next) device.keep(handle);
      this.#slots = next;
      if (owned !== found) this.#freeAll(owned);
    } finally {
      this.#freeAll(made);
    }
  }

  /** A product by tiles; the packed left operand is freed. */
  #product(left: Handle, { dimensions, right }: TiledProduct): Handle {
    const device = this.#device;
    try {
      const key = `${right} ${dimensions.transposeB}`;
      let packed = this.#packed.get(key);
      if (!packed) {
        const constant = this.#memory.handle(this.#start.constant(right), 'scan');
        this.#packed.set(key, (packed = device.keep(device.run(packRight(dimensions), [constant]))));
      }
      return ofPacked(device, left, packed, dimensions);
    } finally {
      device.free(left);
    }
  }

  /** Numbers of a constant in another order, made once for all steps. */
  #arranged({ key, components }: Source, packing: Packing): Handle {
    let handle = this.#arrangements.get(key);
    if (!handle) {
      const constant = this.#source(this.#plan.origins.get(packing.of.key)!, 0, []);
      const { kernel } = arranging(this.#device.vectors, packing, components);
      handle = this.#device.keep(this.#scalars(this.#device.run(kernel, [constant])));
      this.#arrangements.set(key, handle);
    }
    return handle;
  }

  #source(origin: Origin, t: number, made: readonly Handle[]): Handle {
    const { kind } = origin;
    if (kind === 'constant') return this.#memory.handle(this.#start.constant(origin.value), 'scan');
    if (kind === 'series') return this.#memory.handle(this.#run.series(origin.value), 'scan');
    if (kind === 'number') return this.#number(origin.number);
    if (kind === 'steps') return this.#run.given[origin.index]!.handles[t]!;
    return kind === 'slot' ? this.#slots[origin.index]! : made[origin.index]!;
  }

  #number(number: number): Handle {
    let handle = this.#numbers.get(number);
    if (!handle) {
      handle = this.#device.keep(this.#device.upload(Float32Array.of(number)));
      this.#numbers.set(number, handle);
    }
    return handle;
  }

  /** The slots and groups of which something is read when the loop has ended. */
  #readLater(): ReadonlySet<string> {
    const values = new Set(this.#plan.graph.kept.filter((value) => !this.#plan.grouping.deferred.includes(value)));
    for (const { origins, kernel } of [...this.#run.after.deferred, ...this.#run.after.totals]) {
      for (const { key } of kernel.sources) {
        const origin = origins.get(key)!;
        if (origin.kind === 'kept' && !this.#run.after.deferred.some(({ value }) => value === origin.value))
          values.add(origin.value);
      }
    }
    return new Set([...values].flatMap((value) => this.#piecesOf(value).map(({ key }) => key)));
  }

  /** Where the pieces of a value lie that was stored or carried. */
  #piecesOf(
    value: number,
  ): readonly { readonly key: string; readonly component: number; readonly components: 1 | 2 | 4 }[] {
    const { graph, grouping, slots, carried } = this.#plan;
    const index = graph.program.carried.findIndex((each) => each.value === value);
    if (index >= 0) {
      const { slot, component } = carried[index]!;
      return [{ key: `slot ${slot}`, component, components: slots[slot]!.components }];
    }
    const stored = grouping.groups.findIndex(({ members }) => members.includes(value));
    const pieces = stored >= 0 ? [value] : graph.piecesOf(value);
    return pieces.flatMap((piece) => {
      const found = grouping.groups.findIndex(({ members }) => members.includes(piece));
      if (found < 0) return this.#piecesOf(piece);
      const { members } = grouping.groups[found]!;
      return [{ key: `group ${found}`, component: members.indexOf(piece), components: componentsFor(members.length) }];
    });
  }

  /** What was held at each step, in the order of time; the caller's. */
  #keep(reversed: boolean): ReadonlyMap<string, KeptSteps> {
    const kept = new Map<string, KeptSteps>();
    for (const [key, history] of this.#histories) {
      const components = this.#piecesComponents(key);
      kept.set(key, new KeptSteps(this.#device, components, reversed ? history.toReversed() : history));
    }
    this.#histories.clear();
    return kept;
  }

  #piecesComponents(key: string): 1 | 2 | 4 {
    const index = Number(key.split(' ')[1]);
    const { slots, grouping } = this.#plan;
    return key.startsWith('slot') ? slots[index]!.components : componentsFor(grouping.groups[index]!.members.length);
  }

  #keptSeries(value: number, kept: ReadonlyMap<string, KeptSteps>): KeptSeries {
    const { graph } = this.#plan;
    const pieces = this.#piecesOf(value).map(({ key, component }) => ({ steps: kept.get(key)!, component }));
    if (pieces.length === 0) throw new UnrollError('INVALID_ARGUMENT', `gpujs: value ${value} of a loop was not kept.`);
    const root = pieces.length > 1 ? graph.rootOf(value) : value;
    const equation = graph.definitions.get(root)?.equation;
    const axis = pieces.length > 1 && equation?.op === 'concat' ? equation.attrs.axis : 0;
    return new KeptSeries(pieces, graph.shapeOf(root), axis);
  }

  #afterKernel({ kernel: { kernel, sources }, origins }: AfterKernel, wholeOf: (value: number) => Handle): Handle {
    const inputs = sources.map(({ key }) => {
      const origin = origins.get(key)!;
      return origin.kind === 'kept' ? wholeOf(origin.value) : this.#source(origin, 0, []);
    });
    return this.#device.run(kernel, inputs);
  }

  /** A carried value after the last step. */
  #last(index: number, signature: Signature): GpuBuffer {
    const { slot, component } = this.#plan.carried[index]!;
    const handle = this.#slots[slot]!;
    const { components, shape } = this.#plan.slots[slot]!;
    if (components === 1) return this.#memory.own(this.#device.share(handle), signature);
    const steps = new KeptSteps(this.#device, components, [this.#device.share(handle)]);
    const deferred = new KeptSeries([{ steps, component }], shape, 0);
    steps.release();
    return this.#memory.defer(deferred, signature);
  }
}

/** The kernel that brings numbers of a constant into another order. */
function arranging(vectors: boolean, packing: Packing, components: 1 | 2 | 4): LoopKernel {
  const { width, rows, row, column } = threadOver([packing.rows, packing.width]);
  const results = packedElements(packing, components, { row, column });
  return kernelText({ name: 'loop pack', width, rows, results, vectors });
}

/** Puts what is given for the first step together as steps leave it. */
function packing(vectors: boolean, shape: Shape, components: 1 | 2 | 4, members: Slot['members']): LoopKernel {
  const { width, rows, row, column } = threadOver(shape);
  const expressions = new Expressions();
  const position = plus(times(along(row), width), along(column));
  const results = Array.from({ length: components }, (_, component) => {
    const member = members.find((each) => each.component === component);
    return member
      ? expressions.load({ key: String(member.carried), components: 1 }, 0, position)
      : expressions.number(0);
  });
  return kernelText({ name: 'loop begin', width, rows, results, vectors });
}
