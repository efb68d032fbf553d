import { type Draw, type RecurrentCell, type State, drawnCell } from '@unroll/cells';
import { type Tensor, concat } from '@unroll/tensor';

/** A decoder over a source whose output has beside it where it looked: [y; alignment], so that `scan` gives it at every step. */
export class WithAlignment<S extends State> implements RecurrentCell<S> {
  readonly cell: RecurrentCell<S>;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly #alignmentOf: (state: S) => Tensor;
  readonly #state: S;

  /** `state` is any state of the cell; it tells how long the source is. */
  constructor(cell: RecurrentCell<S>, alignmentOf: (state: S) => Tensor, state: S) {
    this.cell = cell;
    this.inputSize = cell.inputSize;
    this.outputSize = cell.outputSize + alignmentOf(state).shape[1]!;
    this.#alignmentOf = alignmentOf;
    this.#state = state;
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
    return cell === this.cell ? this : new WithAlignment(cell, this.#alignmentOf, this.#state);
  }
}
