import { type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from './cell.ts';
import { type CellOptions, GatedCell } from './gated-cell.ts';

export interface VanillaCellOptions extends CellOptions {
  /** Applied to the sum, elementwise. Default tanh. */
  readonly nonlinearity?: (x: Tensor) => Tensor;
}

/**
 * The simple recurrent cell (Elman 1990), as PyTorch's `RNNCell`:
 *
 *     h′ = tanh(W_ih x + b_ih + W_hh h + b_hh)
 *
 * The state is h [batch, hiddenSize], which is also the output. All parameters start at U(−1/√h, 1/√h).
 */
export class VanillaCell extends GatedCell implements RecurrentCell<Tensor> {
  readonly #nonlinearity: (x: Tensor) => Tensor;

  constructor(options: VanillaCellOptions) {
    super(1, options);
    this.#nonlinearity = options.nonlinearity ?? ((x) => x.tanh());
  }

  /** Zeros. */
  initialState(batch: number): Tensor {
    return this.zeroState(batch);
  }

  /** x is [batch, inputSize]; h and y are [batch, hiddenSize]. */
  step(x: Tensor, h: Tensor): readonly [y: Tensor, next: Tensor] {
    const next = probe('h', this.#nonlinearity(this.fromInput(x).add(this.fromHidden(h))));
    return [next, next];
  }
}
