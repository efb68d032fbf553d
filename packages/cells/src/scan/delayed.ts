import type { Signature } from '@unroll/backend';
import { type Machine, apply, applyTo } from './machine.ts';
import type { TracedStep } from './trace-step.ts';

/**
 * The leaves of the state that are nothing but x of the step before, as in a convolution over time. They need not be carried: they are
 * known for all steps as soon as x is, and the products that read them leave the loop together with those of x.
 */
export function delayedLeaves({ x, next }: TracedStep): ReadonlySet<number> {
  return new Set([...next.keys()].filter((i) => next[i] === x));
}

/** Such a leaf at each step, [time, …], for xs [time, …] and the leaf before the first step, […]. */
export function delayedSeries<V extends Signature>(machine: Machine<V>, xs: V, initial: V): V {
  const [time, ...shape] = xs.shape as [number, ...number[]];
  const first = apply(machine, 'reshape', [initial], { shape: [1, ...shape] });
  if (time === 1) return first;
  const rest = apply(machine, 'slice', [xs], { axis: 0, start: 0, size: time - 1 });
  const all = apply(machine, 'concat', [first, rest], { axis: 0 });
  machine.free(first);
  machine.free(rest);
  return all;
}

/** Such a leaf after the last step. */
export function lastOf<V extends Signature>(machine: Machine<V>, xs: V): V {
  const [time, ...shape] = xs.shape as [number, ...number[]];
  const last = apply(machine, 'slice', [xs], { axis: 0, start: time - 1, size: 1 });
  return applyTo(machine, 'reshape', last, { shape });
}
