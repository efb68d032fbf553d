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

/** What a run takes that its program does not tell. */
export interface RunContext {
  readonly memory: Memory;
  readonly plan: StepPlan;
  readonly after: AfterPlan;
  /** The classes of series that come step by step. */
  readonly given: readonly KeptSteps[];
}

/** Runs all steps, then what is made of all of them. */
export function runSteps(context: RunContext, run: LoopRun): LoopRunResults {
  const runner = new Runner(context, run);
  try {
    return runner.run();
  } finally {
    runner.end();
  }
}

class Runner {
  readonly #memory: Memory;
  readonly #device: Device;
  readonly #plan: StepPlan;
  readonly #after: AfterPlan;
  readonly #given: readonly KeptSteps[];
  readonly #run: LoopRun;
  /** What is given back at the end, whatever happens. */
  readonly #rest: (() => void)[] = [];
  readonly #numbers = new Map<number, Handle>();
  /** Right operands of products, by value and whether they are transposed. */
  readonly #packed = new Map<string, Handle>();
  /** Constants as kernels want them, by what those call them. */
  readonly #arrangements = new Map<string, Handle>();
  /** Of each slot, as the next step finds it. */
  #slots: Handle[] = [];
  /** What slots and groups held at each step, where something reads it later. */
  readonly #histories = new Map<string, Handle[]>();

  constructor({ memory, plan, after, given }: RunContext, run: LoopRun) {
    this.#memory = memory;
    this.#device = memory.device;
    this.#plan = plan;
    this.#after = after;
    this.#given = given;
    this.#run = run;
  }

  run(): LoopRunResults {
    const device = this.#device;
    const plan = this.#plan;
    const { time } = this.#run;
    const { reversed, values } = plan.graph.program;
    for (const slot of plan.slots) this.#slots.push(this.#begin(slot));
    const read = this.#readLater();
    for (const key of read) this.#histories.set(key, []);
    for (let i = 0; i < time; i++) this.#step(reversed ? time - 1 - i : i);
    const kept = this.#keep(reversed);
    const series = new Map<number, Buffer>();
    const totals = new Map<number, Buffer>();
    const overTime = (value: number): Signature => ({
      shape: [time, ...values[value]!.shape],
      dtype: values[value]!.dtype,
    });
    const made: Buffer[] = [];
    const own = (buffer: Buffer): Buffer => {
      made.push(buffer);
      return buffer;
    };
    try {
      const known = new Map<number, Handle>();
      this.#rest.push(() => known.forEach((handle) => device.free(handle)));
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
      for (const each of this.#after.deferred) known.set(each.value, this.#afterKernel(each, wholeOf));
      for (const each of this.#after.totals) {
        totals.set(each.value, own(this.#memory.own(this.#afterKernel(each, wholeOf), values[each.value]!)));
      }
      for (const value of plan.graph.kept) {
        const whole = known.get(value);
        const buffer = whole
          ? this.#memory.own(device.share(whole), overTime(value))
          : this.#memory.defer(this.#keptSeries(value, kept), overTime(value));
        series.set(value, own(buffer));
      }
      const carried = plan.graph.program.carried.map(({ value }, i) => own(this.#last(i, values[value]!)));
      return { carried, series, totals };
    } catch (error) {
      for (const buffer of made) this.#memory.free(buffer);
      throw error;
    }
  }

  /** Gives back all that the results do not hold. */
  end(): void {
    for (const handle of this.#slots) this.#device.free(handle);
    for (const history of this.#histories.values()) for (const handle of history) this.#device.free(handle);
    for (const handle of [...this.#numbers.values(), ...this.#packed.values(), ...this.#arrangements.values()]) {
      this.#device.free(handle);
    }
    for (const give of this.#rest) give();
  }

  /** What the first step finds. */
  #begin({ components, members, shape }: Slot): Handle {
    const initial = (index: number): Handle => this.#memory.handle(this.#run.carried[index]!, 'scan');
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

  #step(t: number): void {
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
      this.#slots = this.#plan.slots.map(({ from }) => device.share(this.#source(from, t, made)));
      for (const handle of owned) device.free(handle);
    } finally {
      for (const handle of made) device.free(handle);
    }
  }

  /** A product by tiles; the packed left operand is freed. */
  #product(left: Handle, { dimensions, right }: TiledProduct): Handle {
    const device = this.#device;
    try {
      const key = `${right} ${dimensions.transposeB}`;
      let packed = this.#packed.get(key);
      if (!packed) {
        const constant = this.#memory.handle(this.#run.constant(right), 'scan');
        this.#packed.set(key, (packed = device.run(packRight(dimensions), [constant])));
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
      this.#arrangements.set(key, (handle = this.#scalars(this.#device.run(kernel, [constant]))));
    }
    return handle;
  }

  #source(origin: Origin, t: number, made: readonly Handle[]): Handle {
    const { kind } = origin;
    if (kind === 'constant') return this.#memory.handle(this.#run.constant(origin.value), 'scan');
    if (kind === 'series') return this.#memory.handle(this.#run.series(origin.value), 'scan');
    if (kind === 'number') return this.#number(origin.number);
    if (kind === 'steps') return this.#given[origin.index]!.handles[t]!;
    return kind === 'slot' ? this.#slots[origin.index]! : made[origin.index]!;
  }

  #number(number: number): Handle {
    let handle = this.#numbers.get(number);
    if (!handle) this.#numbers.set(number, (handle = this.#device.upload(Float32Array.of(number))));
    return handle;
  }

  /** The slots and groups of which something is read when the loop has ended. */
  #readLater(): ReadonlySet<string> {
    const values = new Set(this.#plan.graph.kept.filter((value) => !this.#plan.grouping.deferred.includes(value)));
    for (const { origins, kernel } of [...this.#after.deferred, ...this.#after.totals]) {
      for (const { key } of kernel.sources) {
        const origin = origins.get(key)!;
        if (origin.kind === 'kept' && !this.#after.deferred.some(({ value }) => value === origin.value))
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

  /** What was held at each step, in the order of time; owned until the end. */
  #keep(reversed: boolean): ReadonlyMap<string, KeptSteps> {
    const kept = new Map<string, KeptSteps>();
    for (const [key, history] of this.#histories) {
      const components = this.#piecesComponents(key);
      kept.set(key, new KeptSteps(this.#device, components, reversed ? history.toReversed() : history));
    }
    this.#histories.clear();
    this.#rest.push(() => kept.forEach((steps) => steps.release()));
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
