import { CellWrapper, type RecurrentCell, type State } from '@unroll/cells';
import type { Linear } from '@unroll/layers';
import type { Tensor } from '@unroll/tensor';

export interface PoolingCellOptions<S extends State> {
  readonly cell: RecurrentCell<S>;
  /** What is taken of a state, [batch, …]. */
  readonly pool: (state: S) => Tensor;
  readonly output: Linear | undefined;
  /** Features of y. */
  readonly outputSize: number;
}

/** A cell whose y is made of its new state. */
export class PoolingCell<S extends State> extends CellWrapper<S> {
  readonly output: Linear | undefined;
  readonly #pool: (state: S) => Tensor;

  constructor({ cell, pool, output, outputSize }: PoolingCellOptions<S>) {
    super(cell, { outputSize });
    this.output = output;
    this.#pool = pool;
  }

  protected stepAround(cell: RecurrentCell<S>, x: Tensor, state: S): readonly [y: Tensor, next: S] {
    const [, next] = cell.step(x, state);
    const pooled = this.#pool(next);
    return [this.output ? this.output.forward(pooled) : pooled, next];
  }
}
