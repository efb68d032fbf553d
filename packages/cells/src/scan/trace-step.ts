import { sameShape } from '@unroll/backend';
import { Tensor, isTracing, tensorsOf, where, withBackend } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { leavesInOrderOf, replaceLeaves, selectState } from '../state.ts';
import { checkStep, pairOf } from './check-step.ts';
import { Graph } from './graph.ts';
import { type Trace, Tracer, isSameList } from './retrace.ts';
import { INPUT, STATE, type Value } from './value.ts';
import { TraceBackend, Untraceable, valueOf } from './trace-backend.ts';

/** One step of a cell as a graph: leaves, and what is made of them. */
export interface TracedStep {
  readonly backend: TraceBackend;
  readonly trace: Trace;
  readonly graph: Graph;
  /** Equal keys mean equal steps, but for the numbers of their outputs: shapes, dtypes, constants and all. */
  readonly key: string;
  /** [batch, inputSize] */
  readonly x: Value;
  /** [batch, 1] */
  readonly mask: Value | undefined;
  /** The leaves of the state. */
  readonly states: readonly Value[];
  /** Those of them that are x of the step before, in what `delayStep` gives: known for all steps as soon as x is. */
  readonly delayed: ReadonlySet<Value>;
  /** [batch, outputSize]; 0 where the mask is 0. */
  readonly y: Value;
  /** In the order of `states`; the old state where the mask is 0. */
  readonly next: readonly Value[];
  /** Leaves for the real tensors that the step used: parameters, what it looks at, what it made of those alone. */
  readonly captured: readonly Value[];
}

/** A step, and the tensors that its captured leaves stand for. */
export interface Traced {
  readonly step: TracedStep;
  readonly tensors: readonly Tensor[];
}

/**
 * Runs `step` once on symbols. What the step does with real tensors alone runs for real, and tapes hear of it. Writes into the graph
 * that is given, or a new one.
 * @throws Untraceable if the step can't be written down; any error that the step throws
 */
export function traceStep<S extends State>(
  cell: RecurrentCell<S>,
  xs: Tensor,
  initial: S,
  mask: Tensor | undefined,
  graph: Graph = new Graph(),
): Traced {
  return traceWith(new Tracer(graph), cell, xs, initial, mask);
}

/** The last steps of each cell. */
const known = new WeakMap<object, readonly TracedStep[]>();
/** Batches of so many sizes may take turns. */
const MOST = 4;

/**
 * The same, in less time where the step does what it did before: then the graph is that of the time before, to be read and not to be
 * planned with. `step` runs in each call, so that whatever else it does is seen.
 * @throws as `traceStep`
 */
export function retraceStep<S extends State>(
  cell: RecurrentCell<S>,
  xs: Tensor,
  initial: S,
  mask: Tensor | undefined,
): Traced {
  const all = known.get(cell) ?? [];
  const before = all.find((step) => startsAs(step, xs, initial, mask));
  const tracer = new Tracer(new Graph(), before?.trace);
  const traced = traceWith(tracer, cell, xs, initial, mask, before);
  const { step } = traced;
  if (step.trace !== before?.trace) known.set(cell, [step, ...all.filter((each) => each !== before)].slice(0, MOST));
  return traced;
}

/** A step in a graph of its own. */
export interface DelayedStep {
  readonly step: TracedStep;
  /** What became of a value of the step that it was made of. */
  readonly own: (value: Value) => Value;
}

/** The same step where some leaves of the state stand for x of the step before. It is not traced once more: it might do something else. */
export function delayStep(step: TracedStep, delayed: ReadonlySet<number>): DelayedStep {
  const tracer = new Tracer(new Graph());
  const leaves = Array.from(delayed, (i) => {
    const { shape, dtype } = step.states[i]!;
    return [step.states[i]!, { name: `delayed ${i}`, shape, dtype, depends: INPUT }] as const;
  });
  tracer.repeat(step.trace.answers, new Map(leaves));
  const own = (value: Value): Value => tracer.own(value);
  const trace = tracer.end();
  const states = step.states.map(own);
  const result = {
    backend: new TraceBackend(tracer),
    trace,
    graph: trace.graph,
    key: trace.graph.key,
    x: own(step.x),
    mask: step.mask && own(step.mask),
    states,
    delayed: new Set(states.filter((_, i) => delayed.has(i))),
    y: own(step.y),
    next: step.next.map(own),
    captured: step.captured.map(own),
  };
  return { step: result, own };
}

function startsAs({ x, mask: maskLeaf, states }: TracedStep, xs: Tensor, initial: State, mask?: Tensor): boolean {
  if (x.shape[0] !== xs.shape[0] || x.shape[1] !== xs.shape[2] || x.dtype !== xs.dtype) return false;
  if (maskLeaf?.dtype !== mask?.dtype) return false;
  const leaves = tensorsOf(initial);
  return (
    leaves.length === states.length &&
    leaves.every(({ shape, dtype }, i) => dtype === states[i]!.dtype && sameShape(shape, states[i]!.shape))
  );
}

function traceWith<S extends State>(
  tracer: Tracer,
  cell: RecurrentCell<S>,
  xs: Tensor,
  initial: S,
  mask: Tensor | undefined,
  before?: TracedStep,
): Traced {
  const given = tensorsOf(initial);
  if ([xs, ...(mask ? [mask] : []), ...given].some((tensor) => isTracing(tensor.backend))) {
    throw new Untraceable('it is part of another traced step');
  }
  const [batch, , features] = xs.shape as [number, number, number];
  const backend = new TraceBackend(tracer, xs.backend);
  const symbol = (value: Value): Tensor => new Tensor(value, backend);
  const x = tracer.leaf('x', { shape: [batch, features], dtype: xs.dtype }, INPUT);
  const maskLeaf = mask && tracer.leaf('mask', { shape: [batch, 1], dtype: mask.dtype }, INPUT);
  const states = given.map((leaf, i) => tracer.leaf(`state ${i}`, leaf, STATE));
  const state = replaceLeaves(initial, states.map(symbol));
  // Tensors that the step makes are symbols too, so that a step that draws random numbers is found out.
  const run = (): { readonly y: Value; readonly next: readonly Value[] } => {
    const [yStep, nextStep] = pairOf(cell.step(symbol(x), state));
    checkStep(cell, batch, yStep, nextStep, initial);
    const live = maskLeaf && symbol(maskLeaf);
    const y = live ? where(live, yStep, 0) : yStep;
    const next = leavesInOrderOf(initial, live ? selectState(live, nextStep, state) : nextStep);
    const traced = (tensor: Tensor): Value =>
      valueOf(tensor.backend === backend ? tensor.buffer : backend.lift(tensor));
    return { y: traced(y), next: next.map(traced) };
  };
  try {
    const outputs = withBackend(backend, run);
    const captured = backend.end();
    const tensors = [...captured.keys()];
    const trace = tracer.end();
    if (before?.trace === trace && before.y === outputs.y && isSameList(before.next, outputs.next)) {
      return { step: before, tensors };
    }
    const own = (value: Value): Value => tracer.own(value);
    const step = {
      backend,
      trace,
      graph: trace.graph,
      key: trace === before?.trace ? before.key : trace.graph.key,
      x: own(x),
      mask: maskLeaf && own(maskLeaf),
      states: states.map(own),
      delayed: new Set<Value>(),
      y: own(outputs.y),
      next: outputs.next.map(own),
      captured: Array.from(captured.values(), own),
    };
    return { step, tensors };
  } finally {
    backend.release();
  }
}
