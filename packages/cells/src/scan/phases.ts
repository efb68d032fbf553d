import type { LoopOp, LoopPhase } from '@unroll/backend';
import type { Tensor } from '@unroll/tensor';
import type { Graph } from './graph.ts';
import { type Node, TIMED, TOTAL, type Value, isOverTime, isTimed } from './value.ts';

/** A loop as values of a graph: what is given, what is carried, what is wanted. */
export interface LoopSpec {
  readonly graph: Graph;
  /** Whether the steps run from the last to the first. */
  readonly reversed: boolean;
  /** The dependency that the carried values bring: STATE, or DNEXT. */
  readonly carriedBit: number;
  /** Given once. */
  readonly once: readonly Value[];
  /** Given for each step. */
  readonly series: readonly SeriesInput[];
  readonly carried: readonly Carried[];
  readonly outputs: {
    readonly once: readonly Value[];
    readonly series: readonly Value[];
    readonly totals: readonly Value[];
  };
}

export interface SeriesInput {
  readonly value: Value;
  /** Whether it comes as one tensor [time, …]; else step by step. */
  readonly whole: boolean;
}

export interface Carried {
  /** A leaf. */
  readonly value: Value;
  readonly next: Value;
  /** Whether it is wanted after the last step. */
  readonly wanted: boolean;
}

/** What may leave the loop. Both give the same numbers on and off. */
export interface LoopPolicy {
  /** What does not depend on the carried values runs before the loop. Default true. */
  readonly hoist: boolean;
  /** What the carried values do not depend on runs after the loop. Default true. */
  readonly defer: boolean;
  /**
   * Only products, and what they bring along, leave the loop: where its steps are compiled, other ops cost least among their
   * neighbours. Default false.
   */
  readonly fuse?: boolean;
  /** What one cheap op makes again of values that are kept anyway is not kept for the derivative. Default true. */
  readonly recompute?: boolean;
  /** Leaves of the state that are x of the step before are not carried, but given for all steps. Default true. */
  readonly delay?: boolean;
}

/** The policy for a loop over a tensor. Backends compile steps of float32. */
export function policyFor({ backend, dtype }: Tensor): LoopPolicy {
  return { hoist: true, defer: true, fuse: backend.compileLoop !== undefined && dtype === 'float32' };
}

/** Which nodes a loop needs, in order, and when each runs. */
export interface Schedule {
  readonly phases: ReadonlyMap<Node, LoopPhase>;
  /** Those that something wanted depends on. */
  readonly carried: readonly Carried[];
}

/** Ops that cost so much more over single steps that their inputs are brought together for them. */
const HEAVY: ReadonlySet<LoopOp> = new Set<LoopOp>(['matmul']);

/** Sorts the nodes of a loop by the phase in which they run. */
export function schedule(spec: LoopSpec, { hoist, defer, fuse = false }: LoopPolicy): Schedule {
  const { graph, outputs } = spec;
  const given = new Set([...spec.once, ...spec.series.map(({ value }) => value)]);
  const { carried, reached } = neededBy([...outputs.once, ...outputs.series, ...outputs.totals], spec.carried, given);
  const nodes = graph.nodes.filter((node) => reached.has(node));
  const timed = nodes.filter((node) => isTimed(node.outputs[0]!));
  const makerOf = (value: Value): Node | undefined => (given.has(value) ? undefined : value.node);
  const phases = new Map<Node, LoopPhase>();
  for (const node of nodes) {
    const { depends } = node.outputs[0]!;
    if (node.op === 'accumulate') phases.set(node, 'loop');
    else if ((depends & TOTAL) !== 0) phases.set(node, 'totals');
    else if ((depends & TIMED) === 0) phases.set(node, 'once');
  }

  if (hoist) for (const node of hoisted(spec, timed, makerOf, fuse)) phases.set(node, 'before');

  const pinned = timed.filter((node) => !phases.has(node) && !(defer && runsOverTime(node)));
  const accumulated = nodes.filter((node) => node.op === 'accumulate');
  const roots = [
    ...[...accumulated, ...pinned].flatMap((node) => [...node.inputs]),
    ...carried.map(({ next }) => next),
  ];
  const looped = neededBy(roots, [], given).reached;
  const wholes = new Set(spec.series.flatMap(({ value, whole }) => (whole ? [value] : [])));
  const comesByStep = (value: Value): boolean => {
    const maker = makerOf(value);
    return maker ? phases.get(maker) === 'loop' : !wholes.has(value);
  };
  for (const node of timed) {
    if (phases.has(node)) continue;
    const inputs = [...new Set(node.inputs)].filter(isTimed);
    const isDeferred = inputs.some((input) => phases.get(makerOf(input)!) === 'after');
    const inLoop = looped.has(node) || pinned.includes(node);
    // A pointwise op on many values is cheaper in the loop: one result has to be brought together instead of many operands.
    const pays = HEAVY.has(node.op) || isDeferred || (!fuse && inputs.filter(comesByStep).length <= 1);
    phases.set(node, inLoop || !pays ? 'loop' : 'after');
  }
  return { phases, carried };
}

/** What can run before the loop, and pays: products, what they need, and what is made of values that come as a whole. */
function hoisted(
  spec: LoopSpec,
  timed: readonly Node[],
  makerOf: (v: Value) => Node | undefined,
  fuse: boolean,
): ReadonlySet<Node> {
  const candidates = new Set<Node>();
  const inputsOf = (node: Node): readonly Value[] => node.inputs.filter(isTimed);
  for (const node of timed) {
    if ((node.outputs[0]!.depends & spec.carriedBit) !== 0 || !runsOverTime(node)) continue;
    const known = (input: Value): boolean => {
      const maker = makerOf(input);
      return !maker || candidates.has(maker);
    };
    if (inputsOf(node).every(known)) candidates.add(node);
  }
  const pulled = new Set<Node>();
  for (const node of timed.toReversed()) {
    if (!candidates.has(node)) continue;
    if (HEAVY.has(node.op)) pulled.add(node);
    if (!pulled.has(node)) continue;
    for (const input of node.inputs) {
      const maker = makerOf(input);
      if (maker && candidates.has(maker)) pulled.add(maker);
    }
  }
  const wholes = new Set(spec.series.flatMap(({ value, whole }) => (whole ? [value] : [])));
  const result = new Set<Node>();
  for (const node of timed) {
    if (!candidates.has(node)) continue;
    if (!pulled.has(node) && (fuse || !inputsOf(node).every((input) => wholes.has(input)))) continue;
    result.add(node);
    for (const output of node.outputs) wholes.add(output);
  }
  return result;
}

/** What some values need. */
export interface Needed {
  readonly reached: ReadonlySet<Node>;
  /** Themselves included. */
  readonly values: ReadonlySet<Value>;
  readonly carried: readonly Carried[];
}

/** The nodes and values that some values need, and the carried values among what they need; given values need nothing. */
export function neededBy(roots: readonly Value[], carried: readonly Carried[], given: ReadonlySet<Value>): Needed {
  const reached = new Set<Node>();
  const seen = new Set<Value>();
  const visit = (value: Value): void => {
    if (seen.has(value)) return;
    seen.add(value);
    if (given.has(value)) return;
    const loop = carried.find((one) => one.value === value);
    if (loop) visit(loop.next);
    if (!value.node) return;
    reached.add(value.node);
    for (const input of value.node.inputs) visit(input);
  };
  for (const root of roots) visit(root);
  for (const { value, wanted } of carried) if (wanted) visit(value);
  return { reached, values: seen, carried: carried.filter(({ value }) => seen.has(value)) };
}

/** Whether an op can run over all steps at once, given which of its inputs differ from step to step. */
export function runsOverTime({ op, inputs }: Node): boolean {
  if (op === 'gather') return !isTimed(inputs[0]!);
  return op !== 'scatterAdd' && !isOverTime(op);
}
