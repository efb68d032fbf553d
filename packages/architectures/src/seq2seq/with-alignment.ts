import { type Draw, type RecurrentCell, type State, drawnCell } from '@unroll/cells';
import { type Tensor, concat } from '@unroll/tensor';

/** A decoder over a source whose output has beside it where it looked: [y; alignment], so that `scan` gives it at every step. */
export class WithAlignment<S extends State> implements RecurrentCell<S> {
  readonly cell: RecurrentCell<S>;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly #alignmentOf: (state: S) => Tensor;

  /** `positions` is the length of the source. */
  constructor(cell: RecurrentCell<S>, positions: number, alignmentOf: (state: S) => Tensor) {
    this.cell = cell;
    this.inputSize = cell.inputSize;
    this.outputSize = cell.outputSize + positions;
    this.#alignmentOf = alignmentOf;
  }

  initialState(batch: number): S {
    return this.cell.initialState(batch);
  }

  step(x: Tensor, state: S): readonly [y: Tensor, next: S] {
    const [y, next] = this.cell.step(x, state);
    return [concat([y, this.#alignmentOf(next)], 1), next];
  }

  drawn(draw: Draw): RecurrentCell<S> {
    const cell = drawnCell(this.cell, draw);
    if (cell === this.cell) return this;
    return new WithAlignment(cell, this.outputSize - this.cell.outputSize, this.#alignmentOf);
  }
}
