import { type Activation, type Initializer, drawParameter, uniform } from '@unroll/layers';
import { type Parameter, type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';
import { InputGatedCell, type InputGatedCellInitializers, type InputGatedCellOptions } from './input-gated-cell.ts';

export interface IndRnnCellOptions extends InputGatedCellOptions {
  /** Applied to the sum, elementwise. Default relu. */
  readonly nonlinearity?: Activation;
  /** Each role left out starts as the cell's doc says. */
  readonly initializers?: Partial<InputGatedCellInitializers> & { readonly weight_hh?: Initializer };
}

/**
 * Independently recurrent network (Li et al. 2018): each unit sees its own past alone.
 *
 *     h′ = relu(W_ih x + b_ih + w_hh∘h)
 *
 * The state is h [batch, hiddenSize], which is also the output. `weight_hh` starts at U(−1, 1), the rest at U(−1/√h, 1/√h).
 */
export class IndRnnCell extends InputGatedCell implements RecurrentCell<Tensor> {
  /** [hiddenSize] */
  readonly weight_hh: Parameter;
  readonly #nonlinearity: Activation;

  constructor(options: IndRnnCellOptions) {
    super(1, options);
    const { hiddenSize, rng, initializers } = options;
    this.weight_hh = drawParameter(this, initializers?.weight_hh ?? uniform(1), [hiddenSize], rng);
    this.#nonlinearity = options.nonlinearity ?? ((x) => x.relu());
  }

  /** Zeros. */
  initialState(batch: number): Tensor {
    return this.zeroState(batch);
  }

  /** x is [batch, inputSize]; h and y are [batch, hiddenSize]. */
  step(x: Tensor, h: Tensor): readonly [y: Tensor, next: Tensor] {
    const next = probe('h', this.#nonlinearity(this.fromInput(x).add(h.mul(this.weight_hh))));
    return [next, next];
  }
}
