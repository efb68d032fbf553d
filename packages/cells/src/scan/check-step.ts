import { UnrollError, formatShape, sameShape } from '@unroll/backend';
import type { Tensor } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { checkSameState } from '../state.ts';

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
