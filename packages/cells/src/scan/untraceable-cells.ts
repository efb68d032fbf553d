import type { Tensor } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';

/** For each cell, the inputs on which its step turned out not to be traceable. */
const known = new WeakMap<RecurrentCell, Set<string>>();

/** Whether tracing a cell on such an input failed before: it is not tried again. */
export function isKnownUntraceable(cell: RecurrentCell, xs: Tensor): boolean {
  return known.get(cell)?.has(keyOf(xs)) ?? false;
}

export function rememberUntraceable(cell: RecurrentCell, xs: Tensor): void {
  const keys = known.get(cell) ?? new Set();
  known.set(cell, keys.add(keyOf(xs)));
}

/** The number of steps does not matter. */
function keyOf({ backend, dtype, shape }: Tensor): string {
  return `${backend.name} ${dtype} ${shape[0]} ${shape[2]}`;
}
