import { type Activation, type Initializer, checkSizes, drawParameter, linear, uniform } from '@unroll/layers';
import { type Parameter, type Rng, type Tensor, zeros } from '@unroll/tensor';

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

/** Which bias vectors exist. */
export interface CellBiases {
  /** `bias_ih`. Default true. */
  readonly ih?: boolean;
  /** `bias_hh`. Default true. */
  readonly hh?: boolean;
}

/** What the layer-normalized cells are made from: their biases are those of the normalization. */
export type NormalizedCellOptions = Omit<CellOptions, 'bias'>;

/** The nonlinearities of a gated cell, elementwise. */
export interface GateActivations {
  /** Of the gates. Default σ. */
  readonly gate: Activation;
  /** Of the candidate. Default tanh. */
  readonly candidate: Activation;
  /** Of the memory on its way out, where there is one. Default tanh. */
  readonly output: Activation;
}

/** Cells whose nonlinearities can be replaced, say by a hard sigmoid. */
export interface GatedCellOptions extends CellOptions {
  /** Each one left out is the usual. */
  readonly activations?: Partial<GateActivations>;
}

/** Those of the literature. */
export const usualActivations: GateActivations = {
  gate: (x) => x.sigmoid(),
  candidate: (x) => x.tanh(),
  output: (x) => x.tanh(),
};

/** What the built-in cells are made from. */
export interface CellOptions {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** Which of the two bias vectors exist: both, none, or by name: `{ hh: false }` for one, as in Keras. Default true. */
  readonly bias?: boolean | CellBiases;
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
  /** [gates · hiddenSize, outputSize]; where nothing is projected, outputSize is hiddenSize */
  readonly weight_hh: Parameter;
  /** [gates · hiddenSize] */
  readonly bias_ih: Parameter | undefined;
  /** [gates · hiddenSize] */
  readonly bias_hh: Parameter | undefined;

  /** @throws UnrollError INVALID_ARGUMENT for a size that is no whole number from 1 on, or where the rng was forgotten */
  protected constructor(
    gates: number,
    options: CellOptions,
    defaults: Partial<CellInitializers> = {},
    outputSize: number = options.hiddenSize,
  ) {
    const { inputSize, hiddenSize, bias = true, rng, initializers = {} } = options;
    checkSizes(this, { inputSize, hiddenSize });
    const usual = uniform(1 / Math.sqrt(hiddenSize));
    const { ih = true, hh = true } = typeof bias === 'boolean' ? { ih: bias, hh: bias } : bias;
    const draw = (role: keyof CellInitializers, shape: readonly number[]): Parameter =>
      drawParameter(this, initializers[role] ?? defaults[role] ?? usual, shape, rng);
    const rows = gates * hiddenSize;
    this.inputSize = inputSize;
    this.outputSize = outputSize;
    this.weight_ih = draw('weight_ih', [rows, inputSize]);
    this.weight_hh = draw('weight_hh', [rows, outputSize]);
    this.bias_ih = ih ? draw('bias_ih', [rows]) : undefined;
    this.bias_hh = hh ? draw('bias_hh', [rows]) : undefined;
  }

  /** [batch, outputSize] of zeros. */
  protected zeroState(batch: number): Tensor {
    return zeros([batch, this.outputSize], { dtype: this.weight_hh.value.dtype });
  }

  /** W_ih x + b_ih: [batch, gates · hiddenSize]. */
  protected fromInput(x: Tensor): Tensor {
    return linear(x, this.weight_ih, this.bias_ih);
  }

  /** W_ih x + b_ih + b_hh: [batch, gates · hiddenSize], where W_hh h is taken apart. The biases are added up first, once for all steps. */
  protected fromInputAndBiases(x: Tensor): Tensor {
    const { bias_ih, bias_hh } = this;
    const bias = bias_ih && bias_hh ? bias_ih.value.add(bias_hh) : (bias_ih ?? bias_hh);
    return linear(x, this.weight_ih, bias);
  }

  /** W_hh h + b_hh: [batch, gates · hiddenSize]. */
  protected fromHidden(h: Tensor): Tensor {
    return linear(h, this.weight_hh, this.bias_hh);
  }
}
