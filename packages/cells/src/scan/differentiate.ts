import { isFloat } from '@unroll/backend';
import { type RecordedOp, Tensor, type Vjp } from '@unroll/tensor';
import { DNEXT, DY, type Node, type Value } from './value.ts';
import { sumOverTime } from './sum-over-time.ts';
import { valueOf } from './trace-backend.ts';
import type { TracedStep } from './trace-step.ts';

/** By what a derivative is wanted. */
export interface Wanted {
  readonly x: boolean;
  /** By the initial state, leaf by leaf. */
  readonly states: readonly boolean[];
  /** By the captured tensors, in the order of `TracedStep.captured`. */
  readonly captured: readonly boolean[];
}

/** The derivative of a step, as values of its graph. Absent is what is zero or not wanted. */
export interface StepDerivative {
  /** A leaf: the cotangent of y. */
  readonly dy: Value | undefined;
  /** Leaves: the cotangent of the next state, where that of the state is wanted or leads to one. */
  readonly dnext: readonly (Value | undefined)[];
  /** The cotangent of the state before the step. */
  readonly dstates: readonly (Value | undefined)[];
  readonly dx: Value | undefined;
  /** The cotangents of the captured tensors, summed over time. */
  readonly dcaptured: readonly (Value | undefined)[];
}

export interface DifferentiateOptions {
  /** The derivatives of the primitives. */
  readonly vjp: Vjp;
  readonly wanted: Wanted;
  /** Whether y has a cotangent. */
  readonly hasDy: boolean;
  /** Whether sums over time may wait for the end of the loop. */
  readonly defer: boolean;
  /** Whether sums within the step are added up in the loop. */
  readonly fuse: boolean;
}

/** Walks back over a step, once, on symbols: the same table of derivatives as for real tensors, run on the same graph. */
export function differentiate(step: TracedStep, options: DifferentiateOptions): StepDerivative {
  const { graph } = step;
  const { vjp, wanted, hasDy, defer, fuse } = options;
  const forward = [...graph.nodes];
  const active = activeValues(step, forward, wanted);
  graph.loopBits = DNEXT;
  const symbols = new Map<Value, Tensor>();
  const symbol = (value: Value): Tensor => {
    let tensor = symbols.get(value);
    if (!tensor) symbols.set(value, (tensor = new Tensor(value, step.backend)));
    return tensor;
  };
  const cotangents = new Map<Value, Tensor>();
  const give = (value: Value, cotangent: Tensor): void => {
    const sum = cotangents.get(value);
    cotangents.set(value, sum ? sum.add(cotangent) : cotangent);
  };
  const dy = hasDy && active.has(step.y) ? graph.leaf('dy', step.y, DY) : undefined;
  const dnext = step.states.map((state, i) => (active.has(state) ? graph.leaf(`dnext ${i}`, state, DNEXT) : undefined));
  if (dy) give(step.y, symbol(dy));
  for (const [i, next] of step.next.entries()) if (dnext[i] && active.has(next)) give(next, symbol(dnext[i]));

  for (const node of forward.toReversed()) {
    const needs = node.inputs.map((input) => active.has(input));
    const dys = node.outputs.map((output) => cotangents.get(output));
    if (node.op === 'detach' || !needs.includes(true) || dys.every((cotangent) => !cotangent)) continue;
    const op = {
      primitive: node.op,
      inputs: node.inputs.map(symbol),
      attrs: node.attrs,
      outputs: node.outputs.map(symbol),
    } as RecordedOp;
    for (const [i, cotangent] of vjp(op, dys, needs).entries()) {
      if (cotangent && needs[i]) give(node.inputs[i]!, cotangent);
    }
  }

  const result = (value: Value, isWanted = true): Value | undefined => {
    const cotangent = isWanted ? cotangents.get(value) : undefined;
    return cotangent && valueOf(cotangent.buffer);
  };
  const dcaptured = step.captured.map((value, i) => result(value, wanted.captured[i]));
  return {
    dy,
    dnext,
    dstates: step.states.map((state) => result(state)),
    dx: result(step.x, wanted.x),
    dcaptured: dcaptured.map((cotangent) => cotangent && sumOverTime(graph, cotangent, { defer, fuse })),
  };
}

/** What depends on something by which a derivative is wanted, in this step or an earlier one. */
function activeValues(step: TracedStep, nodes: readonly Node[], wanted: Wanted): ReadonlySet<Value> {
  const active = new Set<Value>();
  if (wanted.x) active.add(step.x);
  for (const [i, value] of step.captured.entries()) if (wanted.captured[i]) active.add(value);
  for (const [i, state] of step.states.entries()) if (wanted.states[i]) active.add(state);
  for (let grown = true; grown;) {
    for (const { op, inputs, outputs } of nodes) {
      if (op === 'detach' || !inputs.some((input) => active.has(input))) continue;
      for (const output of outputs) if (isFloat(output.dtype)) active.add(output);
    }
    // A state is what an earlier step made of it.
    grown = false;
    for (const [i, state] of step.states.entries()) {
      if (active.has(state) || !active.has(step.next[i]!)) continue;
      active.add(state);
      grown = true;
    }
  }
  return active;
}
