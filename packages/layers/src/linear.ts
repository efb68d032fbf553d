import { type Parameter, type Rng, type Tensor, UnrollError, matmul } from '@unroll/tensor';
import { formatShape, sizeOf, checkGiven } from '@unroll/backend';
import { checkSizes } from './check-sizes.ts';
import { drawParameter } from './initializers/draw-parameter.ts';
import { type Initializer, uniform } from './initializers/initializer.ts';
import { type Operand, valueOf } from './operand.ts';

/**
 * x Wᵀ + b: x [..., in], weight [out, in], bias [out] → [..., out].
 * @throws UnrollError SHAPE_MISMATCH if x does not end with as many features as the weight takes
 */
export function linear(x: Tensor, weight: Operand, bias?: Operand): Tensor {
  checkGiven('linear', { x, weight });
  const [outputs, inputs] = valueOf(weight).shape;
  if (valueOf(weight).rank !== 2 || x.rank === 0 || x.shape.at(-1) !== inputs) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `linear: x ${formatShape(x.shape)} does not fit the weight ${formatShape(valueOf(weight).shape)}. ` +
        'The weight is [out, in], and the last axis of x has length in.',
    );
  }
  const leading = x.shape.slice(0, -1);
  const rows = x.rank === 2 ? x : x.reshape([sizeOf(leading), inputs!]);
  const product = matmul(rows, weight, { transposeB: true });
  const y = bias ? product.add(bias) : product;
  return x.rank === 2 ? y : y.reshape([...leading, outputs!]);
}

export interface LinearOptions {
  /** Features of x. */
  readonly inputSize: number;
  /** Features of y. */
  readonly outputSize: number;
  /** Whether b exists. Default true. */
  readonly bias?: boolean;
  /** Draws the initial parameters. */
  readonly rng: Rng;
  /** How the weight starts. Default U(−1/√in, 1/√in). */
  readonly initializer?: Initializer;
  /** How the bias starts. Default U(−1/√in, 1/√in). */
  readonly biasInitializer?: Initializer;
}

/** y = x Wᵀ + b, a fully connected layer; names, shapes and default start of PyTorch's `Linear`. */
export class Linear {
  readonly inputSize: number;
  readonly outputSize: number;
  /** [outputSize, inputSize] */
  readonly weight: Parameter;
  /** [outputSize] */
  readonly bias: Parameter | undefined;

  /** @throws UnrollError INVALID_ARGUMENT for a size that is no whole number from 1 on, or where the rng was forgotten */
  constructor(options: LinearOptions) {
    const { inputSize, outputSize, bias = true, rng } = options;
    checkSizes(this, { inputSize, outputSize });
    const usual = uniform(1 / Math.sqrt(inputSize));
    const { initializer = usual, biasInitializer = usual } = options;
    this.inputSize = inputSize;
    this.outputSize = outputSize;
    this.weight = drawParameter(this, initializer, [outputSize, inputSize], rng);
    this.bias = bias ? drawParameter(this, biasInitializer, [outputSize], rng) : undefined;
  }

  /** x [..., inputSize] → [..., outputSize]. */
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
