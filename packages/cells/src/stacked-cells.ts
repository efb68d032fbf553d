import { UnrollError } from '@unroll/backend';
import type { Tensor } from '@unroll/tensor';
import type { RecurrentCell, State } from './cell.ts';
import { type Draw, drawnCell } from './draw.ts';

export interface StackedCellsOptions {
  /** From the input upwards; each takes the output of the one below. At least one. */
  readonly cells: readonly RecurrentCell[];
}

/** Cells on top of each other as one cell: y of each is x of the next. The state is the list of their states. */
export class StackedCells implements RecurrentCell<readonly State[]> {
  readonly cells: readonly RecurrentCell[];
  readonly inputSize: number;
  readonly outputSize: number;

  /** @throws UnrollError SHAPE_MISMATCH if the sizes of neighbours differ */
  constructor({ cells }: StackedCellsOptions) {
    const bottom = cells[0];
    const top = cells.at(-1);
    if (!bottom || !top) throw new UnrollError('INVALID_ARGUMENT', 'StackedCells: needs at least one cell.');
    for (const [i, cell] of cells.entries()) {
      const below = cells[i - 1];
      if (below && below.outputSize !== cell.inputSize) {
        throw new UnrollError(
          'SHAPE_MISMATCH',
          `StackedCells: cell ${i - 1} gives ${below.outputSize} features, cell ${i} wants ${cell.inputSize}.`,
        );
      }
    }
    this.cells = cells;
    this.inputSize = bottom.inputSize;
    this.outputSize = top.outputSize;
  }

  initialState(batch: number): readonly State[] {
    return this.cells.map((cell) => cell.initialState(batch));
  }

  /** x is [batch, inputSize], y is [batch, outputSize]. */
  step(x: Tensor, states: readonly State[]): readonly [y: Tensor, next: readonly State[]] {
    let y = x;
    const next = this.cells.map((cell, i) => {
      const [above, state] = cell.step(y, states[i]!);
      y = above;
      return state;
    });
    return [y, next];
  }

  drawn(draw: Draw): RecurrentCell<readonly State[]> {
    return new StackedCells({ cells: this.cells.map((cell) => drawnCell(cell, draw)) });
  }
}
