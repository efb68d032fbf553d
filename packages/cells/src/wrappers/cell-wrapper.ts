import { checkCell } from '../check-cell.ts';
import type { Tensor } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { type Draw, drawnCell, withStep } from '../draw.ts';

/**
 * A cell around another, with the same state. What it adds to a step is `stepAround`; sizes are those of the cell inside, unless a
 * wrapper says otherwise, and noise of the cell inside is drawn with the rest.
 */
export abstract class CellWrapper<S extends State = State> implements RecurrentCell<S> {
  /** The cell inside. */
  readonly cell: RecurrentCell<S>;
  readonly inputSize: number;
  readonly outputSize: number;

  /** @throws UnrollError INVALID_ARGUMENT for what is no cell */
  protected constructor(
    cell: RecurrentCell<S>,
    sizes: { readonly inputSize?: number; readonly outputSize?: number } = {},
  ) {
    checkCell(this.constructor.name, cell);
    this.cell = cell;
    this.inputSize = sizes.inputSize ?? cell.inputSize;
    this.outputSize = sizes.outputSize ?? cell.outputSize;
  }

  initialState(batch: number): S {
    return this.cell.initialState(batch);
  }

  /** x is [batch, inputSize], y is [batch, outputSize]. */
  step(x: Tensor, state: S): readonly [y: Tensor, next: S] {
    return this.stepAround(this.cell, x, state);
  }

  drawn(draw: Draw): RecurrentCell<S> {
    const cell = drawnCell(this.cell, draw);
    return cell === this.cell ? this : withStep(this, (x, state) => this.stepAround(cell, x, state));
  }

  /** A step around a step of the given cell, which is the one inside, with or without noise. */
  protected abstract stepAround(cell: RecurrentCell<S>, x: Tensor, state: S): readonly [y: Tensor, next: S];
}
