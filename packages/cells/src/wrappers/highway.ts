import { Linear, constant } from '@unroll/layers';
import { type Rng, type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { CellWrapper } from './cell-wrapper.ts';
import { checkSquare } from './residual.ts';

export interface HighwayOptions<S extends State> {
  /** Gives as many features as it takes. */
  readonly cell: RecurrentCell<S>;
  /** Where the gate's bias starts. Negative: a new highway passes its input on. Default −1. */
  readonly gateBias?: number;
  /** Draws the gate's weight. */
  readonly rng: Rng;
}

/**
 * A cell with a gated connection around it (Srivastava, Greff & Schmidhuber 2015):
 *
 *     t = σ(W x + b)                  transform gate
 *     y = t∘cell(x) + (1 − t)∘x
 */
export class Highway<S extends State = State> extends CellWrapper<S> {
  /** weight [outputSize, inputSize], bias [outputSize] */
  readonly gate: Linear;

  /** @throws UnrollError SHAPE_MISMATCH if the cell takes and gives different numbers of features */
  constructor({ cell, gateBias = -1, rng }: HighwayOptions<S>) {
    super(cell);
    checkSquare('Highway', cell);
    const { inputSize, outputSize } = cell;
    this.gate = new Linear({ inputSize, outputSize, rng, biasInitializer: constant(gateBias) });
  }

  protected stepAround(cell: RecurrentCell<S>, x: Tensor, state: S): readonly [y: Tensor, next: S] {
    const [y, next] = cell.step(x, state);
    const t = probe('t', this.gate.forward(x).sigmoid());
    return [x.add(t.mul(y.sub(x))), next];
  }
}
