import { type Gradient, type ScanPlan, planScan } from './plan.ts';
import type { LoopPolicy } from './phases.ts';
import type { TracedStep } from './trace-step.ts';

/** Plans are made in milliseconds and small; a program has a few kinds of loops, each in a few shapes. */
const LIMIT = 128;
const plans = new Map<string, ScanPlan>();

/** The plan for a step, made once for equal graphs. The least recently used goes first. */
export function planFor(step: TracedStep, gradient: Gradient | undefined, policy: LoopPolicy): ScanPlan {
  const key = keyOf(step, gradient, policy);
  let plan = plans.get(key);
  if (!plan || plan.gradient?.vjp !== gradient?.vjp) plan = planScan(step, gradient, policy);
  plans.delete(key);
  plans.set(key, plan);
  if (plans.size > LIMIT) plans.delete(plans.keys().next().value!);
  return plan;
}

function keyOf({ graph, y, next }: TracedStep, gradient: Gradient | undefined, policy: LoopPolicy): string {
  const flags = (list: readonly boolean[]): string => list.map(Number).join('');
  const { x, states, captured } = gradient?.wanted ?? { x: false, states: [], captured: [] };
  const wanted = gradient ? flags([x, ...states, ...captured]) : '-';
  const outputs = [y, ...next].map((value) => value.id).join();
  return `${graph.key}|${outputs}|${wanted}|${flags([policy.hoist, policy.defer])}`;
}
