import { checkCell } from './check-cell.ts';
import { UnrollError, checkGiven } from '@unroll/backend';
import type { Tensor } from '@unroll/tensor';
import type { RecurrentCell, State } from './cell.ts';
import { type Draw, drawnCell } from './draw.ts';

export interface StackedCellsOptions<S extends readonly State[] = readonly State[]> {
  /** From the input upwards; each takes the output of the one below. At least one. */
  readonly cells: { readonly [I in keyof S]: RecurrentCell<S[I]> };
}

/** Cells on top of each other as one cell: y of each is x of the next. The state is the list of their states, `final[0].c`. */
export class StackedCells<const S extends readonly State[] = readonly State[]> implements RecurrentCell<Readonly<S>> {
  readonly cells: readonly RecurrentCell[];
  readonly inputSize: number;
  readonly outputSize: number;

  /** @throws UnrollError SHAPE_MISMATCH if the sizes of neighbours differ */
  constructor({ cells: given }: StackedCellsOptions<S>) {
    checkGiven('StackedCells', { cells: given });
    if (!Array.isArray(given)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        'StackedCells: the cells are no list. One alone goes into a list, too.',
      );
    }
    const cells: readonly RecurrentCell[] = given;
    const bottom = cells[0];
    const top = cells.at(-1);
    if (!bottom || !top) throw new UnrollError('INVALID_ARGUMENT', 'StackedCells: needs at least one cell.');
    for (const [i, cell] of cells.entries()) {
      checkCell(`StackedCells: cell ${i}`, cell);
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

  initialState(batch: number): Readonly<S> {
    const states: readonly State[] = this.cells.map((cell) => cell.initialState(batch));
    return states as Readonly<S>;
  }

  /** x is [batch, inputSize], y is [batch, outputSize]. */
  step(x: Tensor, states: Readonly<S>): readonly [y: Tensor, next: Readonly<S>] {
    let y = x;
    const next: readonly State[] = this.cells.map((cell, i) => {
      const [above, state] = cell.step(y, states[i]!);
      y = above;
      return state;
    });
    return [y, next as Readonly<S>];
  }

  drawn(draw: Draw): RecurrentCell<Readonly<S>> {
    const cells: readonly RecurrentCell[] = this.cells.map((cell) => drawnCell(cell, draw));
    return new StackedCells<S>({ cells: cells as StackedCellsOptions<S>['cells'] });
  }
}
