import { Tensor, isTracing, tensorsOf, where, withBackend } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { leavesInOrderOf, replaceLeaves, selectState } from '../state.ts';
import { checkStep } from './check-step.ts';
import { Graph } from './graph.ts';
import { INPUT, STATE, type Value } from './value.ts';
import { TraceBackend, Untraceable, valueOf } from './trace-backend.ts';

/** One step of a cell as a graph: leaves, and what is made of them. */
export interface TracedStep {
  readonly backend: TraceBackend;
  readonly graph: Graph;
  /** [batch, inputSize] */
  readonly x: Value;
  /** [batch, 1] */
  readonly mask: Value | undefined;
  /** The leaves of the state. */
  readonly states: readonly Value[];
  /** Those of them that are x of the step before, if the step was traced for that: known for all steps as soon as x is. */
  readonly delayed: ReadonlySet<Value>;
  /** [batch, outputSize]; 0 where the mask is 0. */
  readonly y: Value;
  /** In the order of `states`; the old state where the mask is 0. */
  readonly next: readonly Value[];
  /** Leaves for the real tensors that the step used: parameters, what it looks at, what it made of those alone. */
  readonly captured: readonly Value[];
}

/**
 * Runs `step` once on symbols. What the step does with real tensors alone runs for real, and tapes hear of it.
 * Gives the graph (this one, if it is given), and the tensors that its captured leaves stand for. `delayed` are the leaves of the state that
 * are to stand for x of the step before.
 * @throws Untraceable if the step can't be written down; any error that the step throws
 */
export function traceStep<S extends State>(
  cell: RecurrentCell<S>,
  xs: Tensor,
  initial: S,
  mask: Tensor | undefined,
  graph: Graph = new Graph(),
  delayed: ReadonlySet<number> = new Set(),
): { readonly step: TracedStep; readonly tensors: readonly Tensor[] } {
  if ([xs, ...(mask ? [mask] : []), ...tensorsOf(initial)].some((tensor) => isTracing(tensor.backend))) {
    throw new Untraceable('it is part of another traced step');
  }
  const [batch, , features] = xs.shape as [number, number, number];
  const backend = new TraceBackend(graph, xs.backend);
  const symbol = (value: Value): Tensor => new Tensor(value, backend);
  const x = graph.leaf('x', { shape: [batch, features], dtype: xs.dtype }, INPUT);
  const maskLeaf = mask && graph.leaf('mask', { shape: [batch, 1], dtype: mask.dtype }, INPUT);
  const states = tensorsOf(initial).map((leaf, i) =>
    delayed.has(i) ? graph.leaf(`delayed ${i}`, leaf, INPUT) : graph.leaf(`state ${i}`, leaf, STATE),
  );
  const state = replaceLeaves(initial, states.map(symbol));
  // Tensors that the step makes are symbols too, so that a step that draws random numbers is found out.
  return withBackend(backend, () => {
    const [yStep, nextStep] = cell.step(symbol(x), state);
    checkStep(cell, batch, yStep, nextStep, initial);
    const live = maskLeaf && symbol(maskLeaf);
    const y = live ? where(live, yStep, 0) : yStep;
    const next = leavesInOrderOf(initial, live ? selectState(live, nextStep, state) : nextStep);
    const traced = (tensor: Tensor): Value =>
      valueOf(tensor.backend === backend ? tensor.buffer : backend.lift(tensor));
    const outputs = { y: traced(y), next: next.map(traced) };
    const captured = backend.end();
    const step = {
      backend,
      graph,
      x,
      mask: maskLeaf,
      states,
      delayed: new Set(states.filter((_, i) => delayed.has(i))),
      ...outputs,
      captured: [...captured.values()],
    };
    return { step, tensors: [...captured.keys()] };
  });
}
