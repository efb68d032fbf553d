import { thrownInStep } from '@unroll/backend';
import { type Tensor, stack, unstack, where, zeros } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { selectState } from '../state.ts';
import { checkStep, pairOf } from './check-step.ts';

/**
 * The definition of `scan`: repeats `step` on the primitives. Every faster way must give the same numbers. Time is taken apart by
 * one split (its derivative is one concat); a slice per step would make the walk back quadratic in time.
 */
export function stepByStep<S extends State>(
  cell: RecurrentCell<S>,
  xs: Tensor,
  initial: S,
  mask: Tensor | undefined,
): readonly [ys: Tensor, final: S] {
  const [batch, time] = xs.shape as [number, number, number];
  if (time === 0) return [zeros([batch, 0, cell.outputSize], { dtype: xs.dtype, backend: xs.backend }), initial];
  const live = mask ? mask.split(1, time) : undefined;
  let state = initial;
  const ys = unstack(xs, 1).map((x, t) => {
    const returned = stepOf(cell, x, state, t);
    // What the first step gives, the others do.
    const [y, next] = t === 0 ? pairOf(returned) : returned;
    if (t === 0) checkStep(cell, batch, y, next, initial);
    const alive = live?.[t];
    state = alive ? selectState(alive, next, state) : next;
    return alive ? where(alive, y, 0) : y;
  });
  return [stack(ys, 1), state];
}

function stepOf<S extends State>(
  cell: RecurrentCell<S>,
  x: Tensor,
  state: S,
  t: number,
): readonly [y: Tensor, next: S] {
  try {
    return cell.step(x, state);
  } catch (error) {
    throw thrownInStep(t, error);
  }
}
