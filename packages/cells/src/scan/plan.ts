import type { LoopProgram } from '@unroll/backend';
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
  /** Inputs: captured tensors; x and the mask. Outputs: what the derivative keeps; y, then what the derivative keeps. */
  readonly forward: Planned;
  readonly gradient: Gradient | undefined;
  /** The walk back, for a y with or without a cotangent. */
  backward(hasDy: boolean): BackwardPlan;
}

/** Inputs: captured tensors, then what was kept; dy (if there is one), x, the mask, then what was kept. */
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
  const carried = step.states.map((value, i) => ({ value, next: step.next[i]!, wanted: true }));
  const { values } = neededBy([step.y], carried, new Set());
  const ofForward = new Set([...values].filter((value) => !isKnown(value)));
  const walk = (hasDy: boolean): Walk => walkBack(step, gradient!, policy, hasDy, ofForward);
  const full = gradient && walk(true);
  const kept = full?.kept ?? { once: [], series: [] };
  const spec: LoopSpec = {
    graph: step.graph,
    reversed: false,
    carriedBit: STATE,
    once: step.captured,
    series: [step.x, ...(step.mask ? [step.mask] : [])].map((value) => ({ value, whole: true })),
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
      if (!isSubset(chosen.kept, kept)) chosen = full!;
      plans.set(hasDy, (plan = planBackward(step, chosen, { once: kept.once, series: keptSeries }, policy, label)));
    }
    return plan;
  };
  return { forward, gradient, backward };
}

interface Walk {
  readonly derivative: StepDerivative;
  readonly carried: readonly Carried[];
  readonly kept: Kept;
}

function walkBack(
  step: TracedStep,
  { vjp, wanted }: Gradient,
  { defer }: LoopPolicy,
  hasDy: boolean,
  ofForward: ReadonlySet<Value>,
): Walk {
  const derivative = differentiate(step, { vjp, wanted, hasDy, defer });
  const carried = derivative.dnext.flatMap((value, i): readonly Carried[] => {
    const next = derivative.dstates[i];
    return value ? [{ value, next: next ?? step.graph.zeros(value), wanted: wanted.states[i]! }] : [];
  });
  const needed = neededBy([...totalsOf(derivative), ...seriesOf(derivative)], carried, ofForward);
  const leaves = new Set([step.x, ...(step.mask ? [step.mask] : []), ...step.captured]);
  const kept = [...needed.values].filter((value) => ofForward.has(value) && !leaves.has(value));
  return {
    derivative,
    carried,
    kept: { once: kept.filter((value) => !isTimed(value)), series: kept.filter(isTimed) },
  };
}

function planBackward(
  step: TracedStep,
  { derivative, carried }: Walk,
  kept: { readonly once: readonly Value[]; readonly series: readonly SeriesInput[] },
  policy: LoopPolicy,
  label?: (value: Value) => string | undefined,
): BackwardPlan {
  const { dy, dnext, dcaptured } = derivative;
  const whole = [dy, step.x, step.mask].flatMap((value) => (value ? [{ value, whole: true }] : []));
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

/** Constants are written into each program. */
function isKnown(value: Value): boolean {
  return value.constant !== undefined || (isMadeBy(value, 'broadcast') && value.node.inputs[0]!.constant !== undefined);
}

function isSubset(part: Kept, whole: Kept): boolean {
  const all = new Set([...whole.once, ...whole.series]);
  return [...part.once, ...part.series].every((value) => all.has(value));
}
