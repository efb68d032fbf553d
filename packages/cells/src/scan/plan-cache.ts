import { delayedLeaves } from './delayed.ts';
import type { Wanted } from './differentiate.ts';
import type { Graph } from './graph.ts';
import { type Gradient, type ScanPlan, planScan } from './plan.ts';
import type { LoopPolicy } from './phases.ts';
import { isSameList } from './retrace.ts';
import { Untraceable } from './trace-backend.ts';
import { type TracedStep, delayStep } from './trace-step.ts';
import type { Value } from './value.ts';

/** Plans are made in milliseconds and small; a program has a few kinds of loops, each in a few shapes. */
const LIMIT = 128;
const plans = new Map<string, ScanPlan>();

/**
 * The plan for a step, made once for equal graphs. The least recently used goes first. `again` traces a new step once more: a number
 * that the step draws, or counts, is a constant to a graph, and shows when there is another one the next time.
 * @throws Untraceable if the graph is another one then
 */
export function planFor(
  step: TracedStep,
  gradient: Gradient | undefined,
  policy: LoopPolicy,
  again?: () => TracedStep,
): ScanPlan {
  const key = keyOf(step, gradient, policy);
  let plan = plans.get(key);
  if (plan?.gradient?.vjp !== gradient?.vjp) plan = undefined;
  // The graph of a step that was traced before is not to be added to.
  const fresh = !plan && again ? again() : step;
  if (fresh !== step) checkSame(step, fresh);
  plan ??= planScan(policy.delay === false ? fresh : withDelays(fresh), gradient, policy);
  plans.delete(key);
  plans.set(key, plan);
  if (plans.size > LIMIT) plans.delete(plans.keys().next().value!);
  return plan;
}

/** Steps that did the same when they were traced twice. */
const steady = new Set<string>();

/**
 * The same look at a step that needs no plan.
 * @throws Untraceable if it does something else the second time
 */
export function checkSteady(step: TracedStep, again: () => TracedStep): void {
  const key = `${step.key}|${outputsOf(step)}`;
  if (steady.has(key)) return;
  checkSame(step, again());
  steady.add(key);
  if (steady.size > LIMIT) steady.delete(steady.values().next().value!);
}

function checkSame(step: TracedStep, other: TracedStep): void {
  if (step.key === other.key && outputsOf(step) === outputsOf(other)) return;
  throw new Untraceable(
    'the step does something else each time it is called; a number that it draws at random or counts belongs into the input, the state or the noise of a run',
  );
}

function outputsOf({ y, next }: TracedStep): string {
  return [y, ...next].map((value) => value.id).join();
}

/** The step, where leaves of its state that are x of the step before are known. */
function withDelays(step: TracedStep): TracedStep {
  const delayed = delayedLeaves(step);
  return delayed.size > 0 ? delayStep(step, delayed).step : step;
}

/** What tells plans for one graph apart. */
interface Variant {
  readonly outputs: readonly Value[];
  readonly wanted: Wanted | undefined;
  readonly policy: LoopPolicy;
  readonly key: string;
}

/** Those of each graph: keys are long, and to put one together takes longer than to find it. */
const variants = new WeakMap<Graph, Variant[]>();

function keyOf(step: TracedStep, gradient: Gradient | undefined, policy: LoopPolicy): string {
  const outputs = [step.y, ...step.next];
  const wanted = gradient?.wanted;
  let ofGraph = variants.get(step.graph);
  if (!ofGraph) variants.set(step.graph, (ofGraph = []));
  let variant = ofGraph.find(
    (each) => isSameList(each.outputs, outputs) && isSameWish(each.wanted, wanted) && isSamePolicy(each.policy, policy),
  );
  if (!variant) {
    const wish = wanted ? flags([wanted.x, ...wanted.states, ...wanted.captured]) : '-';
    const { hoist, defer, fuse = false, recompute = true, delay = true } = policy;
    const key = `${step.key}|${outputsOf(step)}|${wish}|${flags([hoist, defer, fuse, recompute, delay])}`;
    ofGraph.push((variant = { outputs, wanted, policy, key }));
  }
  return variant.key;
}

function flags(list: readonly boolean[]): string {
  return list.map(Number).join('');
}

function isSameWish(a: Wanted | undefined, b: Wanted | undefined): boolean {
  if (!a || !b) return a === b;
  return a.x === b.x && isSameList(a.states, b.states) && isSameList(a.captured, b.captured);
}

function isSamePolicy(a: LoopPolicy, b: LoopPolicy): boolean {
  return (
    a.hoist === b.hoist &&
    a.defer === b.defer &&
    a.fuse === b.fuse &&
    a.recompute === b.recompute &&
    a.delay === b.delay
  );
}
