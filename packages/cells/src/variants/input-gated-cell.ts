import { type Initializer, checkSizes, drawParameter, linear, uniform } from '@unroll/layers';
import { type Parameter, type Rng, type Tensor, zeros } from '@unroll/tensor';

/** How the parameters start, by role. */
export interface InputGatedCellInitializers {
  /** [gates · hiddenSize, inputs] */
  readonly weight_ih: Initializer;
  /** [gates · hiddenSize] */
  readonly bias_ih: Initializer;
}

/** What the cells without a recurrent matrix are made from. */
export interface InputGatedCellOptions {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** Whether the bias exists. Default true. */
  readonly bias?: boolean;
  /** Draws the initial parameters. */
  readonly rng: Rng;
  /** Each role left out starts at U(−1/√h, 1/√h). */
  readonly initializers?: Partial<InputGatedCellInitializers>;
}

/**
 * What the cells without a recurrent matrix share: only the input is multiplied by a matrix, so that all products run for all steps
 * at once, and the loop is elementwise.
 */
export abstract class InputGatedCell {
  readonly inputSize: number;
  readonly outputSize: number;
  /** [gates · hiddenSize, inputs] */
  readonly weight_ih: Parameter;
  /** [gates · hiddenSize] */
  readonly bias_ih: Parameter | undefined;

  /** @throws UnrollError INVALID_ARGUMENT for a size that is no whole number from 1 on, or where the rng was forgotten */
  protected constructor(gates: number, options: InputGatedCellOptions, inputs: number = options.inputSize) {
    const { inputSize, hiddenSize, bias = true, rng, initializers = {} } = options;
    checkSizes(this, { inputSize, hiddenSize });
    const usual = uniform(1 / Math.sqrt(hiddenSize));
    const rows = gates * hiddenSize;
    this.inputSize = inputSize;
    this.outputSize = hiddenSize;
    this.weight_ih = drawParameter(this, initializers.weight_ih ?? usual, [rows, inputs], rng);
    this.bias_ih = bias ? drawParameter(this, initializers.bias_ih ?? usual, [rows], rng) : undefined;
  }

  /** [batch, hiddenSize] of zeros. */
  protected zeroState(batch: number): Tensor {
    return zeros([batch, this.outputSize], { dtype: this.weight_ih.value.dtype });
  }

  /** W_ih x + b_ih: [batch, gates · hiddenSize]. */
  protected fromInput(x: Tensor): Tensor {
    return linear(x, this.weight_ih, this.bias_ih);
  }
}
