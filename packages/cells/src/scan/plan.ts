import type { LoopOp, LoopProgram } from '@unroll/backend';
import type { Vjp } from '@unroll/tensor';
import { type StepDerivative, type Wanted, differentiate } from './differentiate.ts';
import { DNEXT, STATE, type Value, isMadeBy, isTimed } from './value.ts';
import { type Carried, type LoopPolicy, type LoopSpec, type SeriesInput, neededBy } from './phases.ts';
import { type Planned, planLoop } from './program.ts';
import type { TracedStep } from './trace-step.ts';

/** What a derivative of the loop needs. */
export interface Gradient {
  readonly vjp: Vjp;
  readonly wanted: Wanted;
}

/** The programs of one step: forwards, and backwards where a derivative is wanted. */
export interface ScanPlan {
  /** Inputs: captured tensors; x, the mask and what is delayed. Outputs: what the derivative keeps; y, then what the derivative keeps. */
  readonly forward: Planned;
  readonly gradient: Gradient | undefined;
  /** The leaves of the state that are x of the step before: not carried, but given for each step. */
  readonly delayed: ReadonlySet<number>;
  /** The walk back, for a y with or without a cotangent. */
  backward(hasDy: boolean): BackwardPlan;
}

/** Inputs: captured tensors, then what was kept; dy (if there is one), x, the mask, what is delayed, then what was kept. */
export interface BackwardPlan {
  readonly program: LoopProgram;
  readonly hasDy: boolean;
  /** Whether the one series among the outputs is there: dx. */
  readonly hasDx: boolean;
  /** Which leaf of the state each carried value belongs to. */
  readonly states: readonly number[];
  /** Which captured tensor each total belongs to. */
  readonly captured: readonly number[];
}

/** What the walk back takes from the forward run. */
interface Kept {
  readonly once: readonly Value[];
  readonly series: readonly Value[];
}

/** Plans the loop over a step; `label` names values for people. */
export function planScan(
  step: TracedStep,
  gradient: Gradient | undefined,
  policy: LoopPolicy,
  label?: (value: Value) => string | undefined,
): ScanPlan {
  const carried = step.states.flatMap((value, i) =>
    step.delayed.has(value) ? [] : [{ value, next: step.next[i]!, wanted: true }],
  );
  const { values } = neededBy([step.y], carried, new Set());
  const ofForward = new Set([...values].filter((value) => !isKnown(value)));
  const walk = (hasDy: boolean): Walk => walkBack(step, gradient!, policy, hasDy);
  const full = gradient && walk(true);
  // What is cheap to make again from what is kept anyway is not kept.
  if (full && policy.recompute !== false)
    for (const value of cheapOf(step, keptFor(step, full, ofForward))) ofForward.delete(value);
  const kept = full ? keptFor(step, full, ofForward) : { once: [], series: [] };
  const spec: LoopSpec = {
    graph: step.graph,
    reversed: false,
    carriedBit: STATE,
    once: step.captured,
    series: givenSeries(step).map((value) => ({ value, whole: true })),
    carried,
    outputs: { once: kept.once, series: [step.y, ...kept.series], totals: [] },
  };
  const forward = planLoop(spec, policy, label);
  const isWhole = (value: Value): boolean => ['before', 'after'].includes(forward.phaseOf(value) ?? '');
  const keptSeries = kept.series.map((value): SeriesInput => ({ value, whole: isWhole(value) }));
  const plans = new Map<boolean, BackwardPlan>();
  const backward = (hasDy: boolean): BackwardPlan => {
    let plan = plans.get(hasDy);
    if (!plan) {
      let chosen = hasDy ? full! : walk(false);
      // Without dy less is needed; should it be something else, zeros for dy do as well.
      if (!isSubset(keptFor(step, chosen, ofForward), kept)) chosen = full!;
      plans.set(hasDy, (plan = planBackward(step, chosen, { once: kept.once, series: keptSeries }, policy, label)));
    }
    return plan;
  };
  const delayed = new Set([...step.states.keys()].filter((i) => step.delayed.has(step.states[i]!)));
  return { forward, gradient, delayed, backward };
}

/** What a run is given for each step. */
function givenSeries({ x, mask, delayed }: TracedStep): readonly Value[] {
  return [x, ...(mask ? [mask] : []), ...delayed];
}

/** The derivative of a step, as a loop. */
interface Walk {
  readonly derivative: StepDerivative;
  readonly carried: readonly Carried[];
}

function walkBack(
  step: TracedStep,
  { vjp, wanted }: Gradient,
  { defer, fuse = false }: LoopPolicy,
  hasDy: boolean,
): Walk {
  const derivative = differentiate(step, { vjp, wanted, hasDy, defer, fuse });
  const carried = derivative.dnext.flatMap((value, i): readonly Carried[] => {
    const next = derivative.dstates[i];
    return value ? [{ value, next: next ?? step.graph.zeros(value), wanted: wanted.states[i]! }] : [];
  });
  return { derivative, carried };
}

/** The values of the forward run that a walk back uses. */
function keptFor(step: TracedStep, { derivative, carried }: Walk, ofForward: ReadonlySet<Value>): Kept {
  const needed = neededBy([...totalsOf(derivative), ...seriesOf(derivative)], carried, ofForward);
  const given = new Set([...givenSeries(step), ...step.captured]);
  const kept = [...needed.values].filter((value) => ofForward.has(value) && !given.has(value));
  return { once: kept.filter((value) => !isTimed(value)), series: kept.filter(isTimed) };
}

function planBackward(
  step: TracedStep,
  { derivative, carried }: Walk,
  kept: { readonly once: readonly Value[]; readonly series: readonly SeriesInput[] },
  policy: LoopPolicy,
  label?: (value: Value) => string | undefined,
): BackwardPlan {
  const { dy, dnext, dcaptured } = derivative;
  const whole = [...(dy ? [dy] : []), ...givenSeries(step)].map((value) => ({ value, whole: true }));
  const { program, carried: present } = planLoop(
    {
      graph: step.graph,
      reversed: true,
      carriedBit: DNEXT,
      once: [...step.captured, ...kept.once],
      series: [...whole, ...kept.series],
      carried,
      outputs: { once: [], series: seriesOf(derivative), totals: totalsOf(derivative) },
    },
    policy,
    label,
  );
  return {
    program,
    hasDy: dy !== undefined,
    hasDx: derivative.dx !== undefined,
    states: present.map((value) => dnext.indexOf(value)),
    captured: dcaptured.flatMap((value, i) => (value ? [i] : [])),
  };
}

function totalsOf({ dcaptured }: StepDerivative): readonly Value[] {
  return dcaptured.filter((value) => value !== undefined);
}

function seriesOf({ dx }: StepDerivative): readonly Value[] {
  return dx ? [dx] : [];
}

const CHEAP: ReadonlySet<LoopOp> = new Set<LoopOp>(['neg', 'add', 'sub', 'mul', 'where', 'reshape', 'broadcast']);

/**
 * Kept values that one cheap op makes of others, which are kept or given; the last first, so that chains unravel. A product shifted
 * or scaled by a number for each row, as in layer norm, is cheap too: the product can be kept where it was written. So is what is
 * made of a state that is kept as the step leaves it: as the step finds it, it lies there one step earlier. To divide takes less than
 * to write and read, except numbers by row, which take no room. What is compared, as in the derivative of a maximum, is not cheap:
 * made again, a device may round it otherwise, and nothing equals the maximum.
 */
function cheapOf(step: TracedStep, kept: Kept): readonly Value[] {
  const { graph, captured } = step;
  const compared = new Set(graph.nodes.flatMap((node) => (node.op === 'equal' ? [...node.inputs] : [])));
  const known = new Set([...kept.once, ...kept.series, ...captured, ...givenSeries(step)]);
  const found = new Set(step.states.filter((_, i) => known.has(step.next[i]!)));
  return kept.series
    .toSorted((a, b) => b.id - a.id)
    .filter((value) => {
      const { node } = value;
      const isCheap = node && (CHEAP.has(node.op) || (node.op === 'div' && !isColumn(value)));
      if (!isCheap || compared.has(value)) return false;
      const isFree = (input: Value): boolean => known.has(input) || isKnown(input) || found.has(input);
      const isByRow = node.inputs.some(isColumn);
      return node.inputs.every((input) => isFree(input) || (isByRow && (isColumn(input) || isMadeBy(input, 'matmul'))));
    });
}

/** One number for each row. */
function isColumn({ shape }: Value): boolean {
  return shape.length === 2 && shape[1] === 1;
}

/** Constants are written into each program. */
function isKnown(value: Value): boolean {
  return value.constant !== undefined || (isMadeBy(value, 'broadcast') && value.node.inputs[0]!.constant !== undefined);
}

function isSubset(part: Kept, whole: Kept): boolean {
  const all = new Set([...whole.once, ...whole.series]);
  return [...part.once, ...part.series].every((value) => all.has(value));
}
