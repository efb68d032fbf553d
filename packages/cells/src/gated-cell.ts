import { type Initializer, linear, uniform } from '@unroll/layers';
import { Parameter, type Rng, type Tensor, zeros } from '@unroll/tensor';

/** How the parameters of a cell start, by role. */
export interface CellInitializers {
  /** [gates · hiddenSize, inputSize] */
  readonly weight_ih: Initializer;
  /** [gates · hiddenSize, hiddenSize] */
  readonly weight_hh: Initializer;
  /** [gates · hiddenSize] */
  readonly bias_ih: Initializer;
  /** [gates · hiddenSize] */
  readonly bias_hh: Initializer;
}

/** What the built-in cells are made from. */
export interface CellOptions {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** Whether the two bias vectors exist. Default true. */
  readonly bias?: boolean;
  /** Draws the initial parameters. */
  readonly rng: Rng;
  /** Each role left out starts as the cell's doc says. */
  readonly initializers?: Partial<CellInitializers>;
}

/**
 * What the built-in cells share: parameters in PyTorch's names and shapes, the gates one below the other, and the two sums
 * W_ih x + b_ih and W_hh h + b_hh. Default start of every role: U(−1/√h, 1/√h).
 */
export abstract class GatedCell {
  readonly inputSize: number;
  readonly outputSize: number;
  /** [gates · hiddenSize, inputSize] */
  readonly weight_ih: Parameter;
  /** [gates · hiddenSize, hiddenSize] */
  readonly weight_hh: Parameter;
  /** [gates · hiddenSize] */
  readonly bias_ih: Parameter | undefined;
  /** [gates · hiddenSize] */
  readonly bias_hh: Parameter | undefined;

  protected constructor(gates: number, options: CellOptions, defaults: Partial<CellInitializers> = {}) {
    const { inputSize, hiddenSize, bias = true, rng, initializers = {} } = options;
    const usual = uniform(1 / Math.sqrt(hiddenSize));
    const draw = (role: keyof CellInitializers, shape: readonly number[]): Parameter =>
      new Parameter((initializers[role] ?? defaults[role] ?? usual)(shape, rng));
    const rows = gates * hiddenSize;
    this.inputSize = inputSize;
    this.outputSize = hiddenSize;
    this.weight_ih = draw('weight_ih', [rows, inputSize]);
    this.weight_hh = draw('weight_hh', [rows, hiddenSize]);
    this.bias_ih = bias ? draw('bias_ih', [rows]) : undefined;
    this.bias_hh = bias ? draw('bias_hh', [rows]) : undefined;
  }

  /** [batch, hiddenSize] of zeros. */
  protected zeroState(batch: number): Tensor {
    return zeros([batch, this.outputSize], { dtype: this.weight_hh.value.dtype });
  }

  /** W_ih x + b_ih: [batch, gates · hiddenSize]. */
  protected fromInput(x: Tensor): Tensor {
    return linear(x, this.weight_ih, this.bias_ih);
  }

  /** W_hh h + b_hh: [batch, gates · hiddenSize]. */
  protected fromHidden(h: Tensor): Tensor {
    return linear(h, this.weight_hh, this.bias_hh);
  }
}
