import { Parameter, type Shape, type Tensor, UnrollError, ones, runFused, zeros, checkTensors } from '@unroll/tensor';
import { formatShape, sameShape, checkGiven } from '@unroll/backend';
import { type Operand, valueOf } from './operand.ts';

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
  checkTensors('layerNorm', { x });
  checkGiven('layerNorm', { shape });
  const { weight, bias, epsilon = 1e-5 } = options;
  if (shape.length === 0 || !sameShape(x.shape.slice(-shape.length), shape)) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `layerNorm: x ${formatShape(x.shape)} does not end with ${formatShape(shape)}, the axes to normalize.`,
    );
  }
  // The common case, for which a backend may have a kernel; what it needs has to be of one kind.
  const fits = [weight, bias].every((operand) => operand && valueOf(operand).dtype === x.dtype);
  if (fits && shape.length === 1) return normalizeRows(x, valueOf(weight!), valueOf(bias!), epsilon)[0]!;
  const y = normalized(x, shape, epsilon)[0];
  const scaled = weight ? y.mul(weight) : y;
  return bias ? scaled.add(bias) : scaled;
}

/** (x − mean) / d, the mean, and d = √(var x + ε). */
function normalized(x: Tensor, shape: Shape, epsilon: number): readonly [y: Tensor, mean: Tensor, d: Tensor] {
  const axes = shape.map((_, i) => i - shape.length);
  const mean = x.mean(axes, { keepDims: true });
  const centered = x.sub(mean);
  const d = centered.square().mean(axes, { keepDims: true }).add(epsilon).sqrt();
  return [centered.div(d), mean, d];
}

/** y, the mean and d of x [..., n], weight [n] and bias [n]. */
function normalizeRows(x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): readonly Tensor[] {
  return runFused({
    op: 'layerNorm',
    inputs: [x, weight, bias],
    attrs: { epsilon },
    definition: () => {
      const [y, mean, d] = normalized(x, weight.shape, epsilon);
      return [y.mul(weight).add(bias), mean, d];
    },
    // Mean and d are seen by nobody else, so that only y has a cotangent.
    pullBack: ([dy], [, mean, d]) => (dy ? gradientOfRows(x, weight, mean!, d!, dy) : []),
  });
}

/** Cotangents of x, weight and bias. With n = (x − mean) / d and e = dy ∘ weight: dx = (e − mean e − n ∘ mean(e ∘ n)) / d. */
function gradientOfRows(x: Tensor, weight: Tensor, mean: Tensor, d: Tensor, dy: Tensor): readonly Tensor[] {
  const definition = (): readonly Tensor[] => {
    const n = x.sub(mean).div(d);
    const e = dy.mul(weight);
    const over = x.shape.slice(0, -1).map((_, axis) => axis);
    const alongN = n.mul(e.mul(n).mean(-1, { keepDims: true }));
    return [
      e
        .sub(e.mean(-1, { keepDims: true }))
        .sub(alongN)
        .div(d),
      dy.mul(n).sum(over),
      dy.sum(over),
    ];
  };
  return runFused({ op: 'layerNormGradient', inputs: [x, weight, mean, d, dy], attrs: {}, definition });
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
    checkGiven('LayerNorm', { size });
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
