import { type LoopObstacle, type LoopProgram, type Shape, sizeOf } from '@unroll/backend';
import { Elements, type Place } from './elements.ts';
import type { Source } from './expression.ts';
import { type Group, type Grouping, elementOf, groupingOf, placeAt } from './grouping.ts';
import type { Dimensions } from '../matmul/index.ts';
import { type LoopKernel, kernelText, threadOver } from './kernel-text.ts';
import { StepGraph } from './step-graph.ts';
import { type TiledProduct, packingKernel, tiledProducts } from './tiled-products.ts';

/** What a source of a kernel stands for. */
export type Origin =
  /** The same in all steps. */
  | { readonly kind: 'constant'; readonly value: number }
  /** A number that can't be written. */
  | { readonly kind: 'number'; readonly number: number }
  /** One buffer of all steps. */
  | { readonly kind: 'series'; readonly value: number }
  /** A buffer for each step, which the series of one class share. */
  | { readonly kind: 'steps'; readonly index: number }
  /** What the step before left. */
  | { readonly kind: 'slot'; readonly index: number }
  /** What this step has made. */
  | { readonly kind: 'group'; readonly index: number };

/** Where a step finds what the one before left: in what, and what becomes of that for the next one. */
export interface Slot {
  readonly components: 1 | 2 | 4;
  /** The carried values in it, and the component of each. */
  readonly members: readonly { readonly carried: number; readonly component: number }[];
  /** The shape of each. */
  readonly shape: Shape;
  readonly from: Origin;
}

/** How a series is given: as one buffer, or as buffers of single steps, of which it is a component. */
export type SeriesForm =
  | undefined
  | { readonly index: number; readonly component: number; readonly components: 1 | 2 | 4 };

/** Values of all steps, held step by step. */
export interface KeptLayout {
  readonly value: number;
  readonly shape: Shape;
  /** The axis along which the pieces lie, which are equally long. */
  readonly axis: number;
  readonly pieces: readonly { readonly origin: Origin; readonly component: number; readonly components: 1 | 2 | 4 }[];
}

/** What makes a group: a kernel, or one that packs the left operand of a product. */
export interface StepKernel extends LoopKernel {
  readonly product?: TiledProduct;
}

/** What devices differ in. */
export interface PlanOptions {
  /** Whether kernels may read texels of several components. */
  readonly vectors: boolean;
  /** Whether a product can be computed by tiles. */
  readonly canTile: (dimensions: Dimensions) => boolean;
}

/** The kernels of a step, in order: the i-th makes group i. */
export interface StepPlan {
  readonly graph: StepGraph;
  readonly grouping: Grouping;
  readonly kernels: readonly StepKernel[];
  readonly origins: ReadonlyMap<string, Origin>;
  readonly slots: readonly Slot[];
  /** Of each carried value, where it is found. */
  readonly carried: readonly { readonly slot: number; readonly component: number }[];
}

/** WebGPU takes no more. */
const MOST_SOURCES = 7;

/** Plans the steps of a program whose series come in these forms, or says why not. */
export function planSteps(
  program: LoopProgram,
  { vectors, canTile }: PlanOptions,
  formOf: (series: number) => SeriesForm = () => undefined,
): StepPlan | LoopObstacle {
  const graph = new StepGraph(program);
  const products = tiledProducts(graph, canTile);
  const forced = new Set<number>(products.keys());
  const alone = new Set<number>(products.keys());
  const limits = new Map<number, number>();
  for (;;) {
    const grouping = groupingOf(graph, { forced, limits, alone });
    const planner = new Planner(graph, grouping, { vectors, products, formOf });
    const plan = planner.plan();
    const heavy = plan.kernels.findIndex(({ sources }) => sources.length > MOST_SOURCES);
    if (heavy < 0) return plan;
    // Fewer members, if that helps; else what they are made of in two kernels.
    const { members } = grouping.groups[heavy]!;
    let count = members.length - 1;
    while (count > 0 && planner.sourcesOf(heavy, members.slice(0, count)) > MOST_SOURCES) count--;
    if (count > 0) {
      limits.set(members[0]!, count);
      continue;
    }
    const value = valueToStore(graph, members[0]!, (each) => planner.sourcesOf(heavy, [each]), forced);
    if (value === undefined) {
      return { reason: `a value of a step is made of more than ${MOST_SOURCES} others, as many as a kernel takes` };
    }
    forced.add(value);
  }
}

/** A value to store so that another takes fewer arguments: of those that one kernel can make, the one made of most. */
function valueToStore(
  graph: StepGraph,
  member: number,
  sourcesOf: (value: number) => number,
  forced: ReadonlySet<number>,
): number | undefined {
  const behind = new Set<number>();
  const visit = (value: number): void => {
    const root = graph.rootOf(value);
    if (behind.has(root) || forced.has(root) || !graph.isMade(root)) return;
    behind.add(root);
    for (const input of graph.definitions.get(root)!.equation.inputs) visit(input);
  };
  for (const input of graph.definitions.get(member)?.equation.inputs ?? []) visit(input);
  const most = sizeOf(graph.shapeOf(member));
  const order = graph.order;
  const candidates = [...behind]
    .filter((value) => sizeOf(graph.shapeOf(value)) <= most)
    .map((value) => ({ value, sources: sourcesOf(value) }))
    .filter(({ sources }) => sources > 1 && sources <= MOST_SOURCES);
  candidates.sort(
    (a, b) =>
      b.sources - a.sources ||
      // Behind what is made of as many, the one that is nearest to them needs no more of them.
      order.get(b.value)! - order.get(a.value)!,
  );
  return candidates[0]?.value;
}

class Planner {
  readonly #graph: StepGraph;
  readonly #grouping: Grouping;
  readonly #vectors: boolean;
  readonly #products: ReadonlyMap<number, TiledProduct>;
  readonly #formOf: (series: number) => SeriesForm;
  readonly #origins = new Map<string, Origin>();
  readonly #slots: Slot[] = [];
  readonly #slotKeys = new Map<string, number>();
  readonly #carried: { slot: number; component: number }[] = [];
  readonly #numbers: ReadonlyMap<number, number>;
  /** Which group makes a value, and in which component. */
  readonly #made = new Map<number, { readonly group: number; readonly component: number }>();

  constructor(
    graph: StepGraph,
    grouping: Grouping,
    {
      vectors,
      products,
      formOf,
    }: {
      readonly vectors: boolean;
      readonly products: ReadonlyMap<number, TiledProduct>;
      readonly formOf: (series: number) => SeriesForm;
    },
  ) {
    this.#products = products;
    this.#graph = graph;
    this.#grouping = grouping;
    this.#vectors = vectors;
    this.#formOf = formOf;
    this.#numbers = new Map(graph.program.constants.map(({ value, number }) => [value, Number(number)]));
    for (const [group, { members }] of grouping.groups.entries()) {
      for (const [component, value] of members.entries()) this.#made.set(value, { group, component });
    }
  }

  plan(): StepPlan {
    const { carried } = this.#graph.program;
    for (const index of carried.keys()) this.#carried[index] ??= this.#slotFor(index, []);
    for (const [i, slot] of this.#slots.entries()) {
      const { from } = slot;
      if (from.kind !== 'slot' || from.index >= 0) continue;
      this.#slots[i] = { ...slot, from: { kind: 'slot', index: this.#carried[-1 - from.index]!.slot } };
    }
    const kernels = this.#grouping.groups.map((group, i) => this.#kernel(group, i));
    return {
      graph: this.#graph,
      grouping: this.#grouping,
      kernels,
      origins: this.#origins,
      slots: this.#slots,
      carried: this.#carried,
    };
  }

  /** How many arguments a kernel in the place of a group may take to make other values. */
  sourcesOf(group: number, members: readonly number[]): number {
    const keys = new Set<string>();
    const seen = new Set<number>();
    const visit = (value: number): void => {
      if (seen.has(value) || Number.isFinite(this.#numbers.get(value))) return;
      seen.add(value);
      const place = this.#placeOf(value, group);
      if (place) keys.add(place.source.key);
      else for (const input of this.#graph.definitions.get(value)!.equation.inputs) visit(input);
    };
    for (const member of members) visit(member);
    return keys.size;
  }

  #placeOf(value: number, group: number): Place | undefined {
    const graph = this.#graph;
    const { program } = graph;
    const made = this.#made.get(value);
    if (made && made.group < group) {
      return placeAt(
        this.#source(`group ${made.group}`, this.#componentsOf(made.group), { kind: 'group', index: made.group }),
        0,
        made.component,
      );
    }
    if (graph.isMade(value)) return undefined;
    const index = program.carried.findIndex((each) => each.value === value);
    if (index >= 0) {
      const { slot, component } = this.#carried[index]!;
      return placeAt(
        this.#source(`slot ${slot}`, this.#slots[slot]!.components, { kind: 'slot', index: slot }),
        0,
        component,
      );
    }
    if (graph.isSeries(value)) {
      const form = this.#formOf(value);
      if (!form) {
        return placeAt(this.#source(`series ${value}`, 1, { kind: 'series', value }), sizeOf(graph.shapeOf(value)));
      }
      return placeAt(
        this.#source(`steps ${form.index}`, form.components, { kind: 'steps', index: form.index }),
        0,
        form.component,
      );
    }
    const number = this.#numbers.get(value);
    if (number !== undefined) return placeAt(this.#source(`number ${number}`, 1, { kind: 'number', number }), 0);
    return placeAt(this.#source(`constant ${value}`, 1, { kind: 'constant', value }), 0);
  }

  #kernel({ shape, members }: Group, group: number): StepKernel {
    const { program, definitions } = this.#graph;
    const elements = new Elements(program, definitions, (value) => this.#placeOf(value, group));
    const product = members.length === 1 ? this.#products.get(members[0]!) : undefined;
    if (product) return { ...packingKernel(product, elements, this.#vectors), product };
    const { width, rows } = threadOver(shape);
    const results = members.map((member) => elementOf(elements, member, shape));
    while (results.length < componentsFor(members.length)) results.push(elements.expressions.number(0));
    return kernelText({ name: `loop step ${group + 1}`, width, rows, results, vectors: this.#vectors, packs: true });
  }

  #componentsOf(group: number): 1 | 2 | 4 {
    return componentsFor(this.#grouping.groups[group]!.members.length);
  }

  #source(key: string, components: 1 | 2 | 4, origin: Origin): Source {
    this.#origins.set(key, origin);
    return { key, components, ...(origin.kind === 'constant' && { isConstant: true }) };
  }

  /** Where a carried value is found, which follows from where its next value is left. */
  #slotFor(index: number, asked: readonly number[]): { readonly slot: number; readonly component: number } {
    const graph = this.#graph;
    const { value, next } = graph.program.carried[index]!;
    const root = graph.rootOf(next);
    const shape = graph.shapeOf(value);
    const made = this.#made.get(root);
    if (made) {
      const { group: of, component } = made;
      const components = this.#componentsOf(of);
      const from: Origin = { kind: 'group', index: of };
      const slot = this.#slot(`group ${of}`, { components, shape, from });
      // Values that are the same from the first step on may begin as different ones.
      if (this.#slots[slot]!.members.some((member) => member.component === component)) {
        return this.#ownSlot(index, shape, components, component, () => from);
      }
      this.#slots[slot] = {
        ...this.#slots[slot]!,
        members: [...this.#slots[slot]!.members, { carried: index, component }],
      };
      return { slot, component };
    }
    const other = graph.program.carried.findIndex((each) => each.value === root);
    if (other === index) return this.#ownSlot(index, shape, 1, 0, (slot) => ({ kind: 'slot', index: slot }));
    if (other >= 0) {
      // A value that is handed around in a circle stays as it was given.
      if (asked.includes(other)) return this.#ownSlot(index, shape, 1, 0, () => ({ kind: 'slot', index: -1 - other }));
      const { slot, component } = this.#carried[other] ?? this.#slotFor(other, [...asked, index]);
      this.#carried[other] ??= { slot, component };
      const known = this.#carried[index];
      if (known) return known;
      return this.#ownSlot(index, shape, this.#slots[slot]!.components, component, () => ({
        kind: 'slot',
        index: slot,
      }));
    }
    return this.#ownSlot(index, shape, 1, 0, () => ({ kind: 'constant', value: root }));
  }

  #ownSlot(
    index: number,
    shape: Shape,
    components: 1 | 2 | 4,
    component: number,
    from: (slot: number) => Origin,
  ): { readonly slot: number; readonly component: number } {
    const slot = this.#slots.length;
    this.#slots.push({ components, shape, members: [{ carried: index, component }], from: from(slot) });
    return { slot, component };
  }

  #slot(key: string, slot: Omit<Slot, 'members'>): number {
    let index = this.#slotKeys.get(key);
    if (index === undefined) {
      index = this.#slots.push({ ...slot, members: [] }) - 1;
      this.#slotKeys.set(key, index);
    }
    return index;
  }
}

/** How many components so many values take. */
export function componentsFor(members: number): 1 | 2 | 4 {
  return members === 1 ? 1 : members === 2 ? 2 : 4;
}
