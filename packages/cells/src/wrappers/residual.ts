import { UnrollError } from '@unroll/backend';
import type { Tensor } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { CellWrapper } from './cell-wrapper.ts';

export interface ResidualOptions<S extends State> {
  /** Gives as many features as it takes. */
  readonly cell: RecurrentCell<S>;
}

/** A cell with a connection around it: y = x + cell(x) (He et al. 2016; between recurrent layers in Wu et al. 2016). */
export class Residual<S extends State = State> extends CellWrapper<S> {
  /** @throws UnrollError SHAPE_MISMATCH if the cell takes and gives different numbers of features */
  constructor({ cell }: ResidualOptions<S>) {
    super(cell);
    checkSquare('Residual', cell);
  }

  protected stepAround(cell: RecurrentCell<S>, x: Tensor, state: S): readonly [y: Tensor, next: S] {
    const [y, next] = cell.step(x, state);
    return [x.add(y), next];
  }
}

/** @throws UnrollError SHAPE_MISMATCH if a cell takes and gives different numbers of features */
export function checkSquare(what: string, { inputSize, outputSize }: RecurrentCell): void {
  if (inputSize === outputSize) return;
  throw new UnrollError(
    'SHAPE_MISMATCH',
    `${what}: the cell takes ${inputSize} features and gives ${outputSize}; the input is added to the output, so they must ` +
      'be equal. Put the cell into Projected first.',
  );
}
