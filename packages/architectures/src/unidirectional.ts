import { type RecurrentCell, type State, checkCell, scan } from '@unroll/cells';
import type { Tensor } from '@unroll/tensor';
import type { SequenceLayer, SequenceOptions } from './sequence-layer.ts';

export interface UnidirectionalOptions<S extends State> {
  readonly cell: RecurrentCell<S>;
}

/** One cell that reads a sequence from left to right. */
export class Unidirectional<S extends State = State> implements SequenceLayer<S> {
  readonly cell: RecurrentCell<S>;

  /** @throws UnrollError INVALID_ARGUMENT for what is no cell */
  constructor({ cell }: UnidirectionalOptions<S>) {
    checkCell('Unidirectional', cell);
    this.cell = cell;
  }

  get inputSize(): number {
    return this.cell.inputSize;
  }

  get outputSize(): number {
    return this.cell.outputSize;
  }

  /** xs is [batch, time, inputSize], ys is [batch, time, outputSize]. */
  forward(xs: Tensor, { state, mask, rng }: SequenceOptions<S> = {}): readonly [ys: Tensor, final: S] {
    return scan(this.cell, xs, { state, mask, rng });
  }

  asCell(): RecurrentCell<S> {
    return this.cell;
  }
}
