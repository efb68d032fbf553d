import { UnrollError, formatShape, sameShape } from '@unroll/backend';
import { Tensor, checkTensors } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { checkSameState } from '../state.ts';

/**
 * What a step returned, which in plain JavaScript may be anything.
 * @throws UnrollError INVALID_ARGUMENT unless it is y and the next state
 */
export function pairOf<S extends State>(returned: readonly [y: Tensor, next: S]): readonly [y: Tensor, next: S] {
  const given: unknown = returned;
  if (Array.isArray(given) && given.length === 2) {
    checkTensors("scan: what the cell's step returned", { y: returned[0] });
    return returned;
  }
  const isPromise = typeof given === 'object' && given !== null && 'then' in given;
  const what = isPromise ? 'a promise' : Array.isArray(given) ? `a list of ${given.length}` : described(given);
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `scan: the cell's step returned ${what}; it must return [y, next state], and without waiting.`,
  );
}

function described(given: unknown): string {
  if (given instanceof Tensor) return 'a tensor';
  return typeof given === 'object' && given !== null ? 'an object' : String(given);
}

/**
 * Checks what a step returned.
 * @throws UnrollError SHAPE_MISMATCH, DTYPE_MISMATCH naming what does not fit
 */
export function checkStep<S extends State>(cell: RecurrentCell<S>, batch: number, y: Tensor, next: S, state: S): void {
  const wanted = [batch, cell.outputSize];
  if (!sameShape(y.shape, wanted)) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `scan: the cell's step returned y ${formatShape(y.shape)}; by its outputSize it should be ${formatShape(wanted)}.`,
    );
  }
  checkSameState("scan: the next state that the cell's step returned", next, state);
}
