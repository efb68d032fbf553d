import { checkCell } from '../check-cell.ts';
import { UnrollError, formatShape, sameShape } from '@unroll/backend';
import { type Tensor, concat, mapTensors, where, checkTensors } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { leavesByPath, selectState } from '../state.ts';
import { CellWrapper } from './cell-wrapper.ts';

export interface ResetOptions<S extends State> {
  readonly cell: RecurrentCell<S>;
}

/**
 * A cell whose state starts anew where its input says so, example by example: sequences that follow each other in one row, episodes.
 * The input has one feature more, the last: where it is not 0, the state is the initial one before the step. `withResets` puts it there.
 */
export class Reset<S extends State = State> extends CellWrapper<S> {
  constructor({ cell }: ResetOptions<S>) {
    checkCell('Reset', cell);
    super(cell, { inputSize: cell.inputSize + 1 });
  }

  protected stepAround(cell: RecurrentCell<S>, x: Tensor, state: S): readonly [y: Tensor, next: S] {
    const [input, starts] = x.split(1, [cell.inputSize, 1]);
    const olds = leavesByPath(state);
    const initial = mapTensors(cell.initialState(x.shape[0]!), (leaf, name) => {
      const { dtype } = olds.get(name)!;
      return leaf.dtype === dtype ? leaf : leaf.cast(dtype);
    });
    return cell.step(input, selectState(starts, initial, state));
  }
}

/**
 * The input of a `Reset` cell: xs [batch, time, features] and resets [batch, time], not 0 where a new sequence starts →
 * [batch, time, features + 1].
 * @throws UnrollError SHAPE_MISMATCH if the shapes do not fit
 */
export function withResets(xs: Tensor, resets: Tensor): Tensor {
  checkTensors('withResets', { xs, resets });
  if (xs.rank !== 3 || !sameShape(resets.shape, xs.shape.slice(0, 2))) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `withResets: xs ${formatShape(xs.shape)} and resets ${formatShape(resets.shape)}; they must be [batch, time, features] and [batch, time].`,
    );
  }
  const flags = where(resets.expandDims(2), 1, 0);
  return concat([xs, flags.dtype === xs.dtype ? flags : flags.cast(xs.dtype)], 2);
}
