import { Parameter, type Shape, type Tensor, UnrollError, ones, zeros } from '@unroll/tensor';
import { formatShape, sameShape } from '@unroll/backend';
import type { Operand } from './operand.ts';

/** What `layerNorm` does besides the normalization. */
export interface LayerNormFunctionOptions {
  /** Multiplies the normalized values; of the normalized shape. Default: 1. */
  readonly weight?: Operand | undefined;
  /** Is added afterwards; of the normalized shape. Default: 0. */
  readonly bias?: Operand | undefined;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Layer normalization (Ba, Kiros & Hinton 2016) over the last axes, whose lengths are `shape`:
 *
 *     y = (x − mean x) / √(var x + ε) ∘ weight + bias
 *
 * x [..., ...shape] → the same shape. The variance is that of the population, as in PyTorch.
 * @throws UnrollError SHAPE_MISMATCH if x does not end with `shape`
 */
export function layerNorm(x: Tensor, shape: Shape, options: LayerNormFunctionOptions = {}): Tensor {
  const { weight, bias, epsilon = 1e-5 } = options;
  if (shape.length === 0 || !sameShape(x.shape.slice(-shape.length), shape)) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `layerNorm: x ${formatShape(x.shape)} does not end with ${formatShape(shape)}, the axes to normalize.`,
    );
  }
  const axes = shape.map((_, i) => i - shape.length);
  const centered = x.sub(x.mean(axes, { keepDims: true }));
  const variance = centered.square().mean(axes, { keepDims: true });
  let y = centered.div(variance.add(epsilon).sqrt());
  if (weight) y = y.mul(weight);
  return bias ? y.add(bias) : y;
}

export interface LayerNormOptions {
  /** The length of the last axis, or the lengths of the last axes. */
  readonly size: number | Shape;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Whether weight and bias exist. Default true. */
  readonly affine?: boolean;
}

/** Layer normalization with a trained scale and shift; names, shapes and default start (1 and 0) of PyTorch's `LayerNorm`. */
export class LayerNorm {
  readonly shape: Shape;
  readonly epsilon: number;
  /** Of `shape`. */
  readonly weight: Parameter | undefined;
  /** Of `shape`. */
  readonly bias: Parameter | undefined;

  constructor({ size, epsilon = 1e-5, affine = true }: LayerNormOptions) {
    this.shape = typeof size === 'number' ? [size] : size;
    this.epsilon = epsilon;
    this.weight = affine ? new Parameter(ones(this.shape)) : undefined;
    this.bias = affine ? new Parameter(zeros(this.shape)) : undefined;
  }

  /** x [..., ...shape] → the same shape. */
  forward(x: Tensor): Tensor {
    const { weight, bias, epsilon } = this;
    return layerNorm(x, this.shape, { weight, bias, epsilon });
  }
}
