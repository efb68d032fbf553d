import { type Differentiable, valueAndGrad } from '@unroll/autograd';
import {
  type EncodedTensor,
  decodeNumber,
  decodeTensor,
  float32Tolerance,
  float64Tolerance,
  goldenCases,
  mismatch,
} from '@unroll/fixtures';
import { type DType, Parameter, Rng, type Tensor, castParameters, scope, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import {
  type Activation,
  Embedding,
  LayerNorm,
  Linear,
  binaryCrossEntropyFromLogits,
  crossEntropy,
  crossEntropyPerToken,
  crossEntropySum,
  elu,
  gelu,
  hardSigmoid,
  logSigmoid,
  meanSquaredError,
  silu,
  smoothL1,
  softplus,
} from './index.ts';

const activations: Readonly<Record<string, Activation>> = {
  act_sigmoid: (x) => x.sigmoid(),
  act_tanh: (x) => x.tanh(),
  act_relu: (x) => x.relu(),
  act_gelu_erf: gelu,
  act_softplus: softplus,
  act_logsigmoid: logSigmoid,
  act_elu: elu,
  act_silu: silu,
  'act_hardsigmoid_torch(relu6(x+3)/6)': hardSigmoid,
};

/** PyTorch 1.13 rounds the derivative 1/6 of its hard sigmoid to float32 even in float64: its numbers, made exact. */
function scaled({ s, d }: EncodedTensor, factor: number): EncodedTensor {
  return { s, d: d.map((x) => decodeNumber(x) * factor) };
}

describe.each(['float64', 'float32'] as const)('golden numbers of PyTorch in %s', (dtype: DType) => {
  const tolerance = dtype === 'float64' ? float64Tolerance : float32Tolerance();

  function decode(encoded: EncodedTensor): Tensor {
    const { shape, data } = decodeTensor(encoded);
    return tensor(data, { shape, dtype });
  }

  function close(actual: Tensor, expected: EncodedTensor): void {
    expect(mismatch(actual, expected, tolerance)).toBeUndefined();
  }

  /** Checks the value of `fn`, and the gradients of Σ value · cotangent (of the value itself where there is no cotangent). */
  function check(
    fn: () => Tensor,
    expected: EncodedTensor,
    cotangent: EncodedTensor | null | undefined,
    gradients: readonly (readonly [Differentiable, EncodedTensor])[],
  ): void {
    close(scope(fn), expected);
    const loss = (): Tensor => (cotangent ? fn().mul(decode(cotangent)).sum() : fn());
    const { grads } = valueAndGrad(
      loss,
      gradients.map(([parameter]) => parameter),
    );
    for (const [i, [, gradient]] of gradients.entries()) close(grads[i]!, gradient);
  }

  it.each(goldenCases('activation'))('$id', ({ id, x, cotangent, expected, grad }) => {
    const input = decode(x);
    const exact = activations[id] === hardSigmoid ? scaled(grad, 1 / 6 / Math.fround(1 / 6)) : grad;
    check(() => activations[id]!(input), expected, cotangent, [[input, exact]]);
  });

  it.each(goldenCases('linear'))('$id', ({ x, weight, bias, cotangent, expected, grads }) => {
    const [outputSize, inputSize] = weight.s as [number, number];
    const layer = castParameters(new Linear({ inputSize, outputSize, rng: new Rng(1) }), dtype);
    layer.weight.value = decode(weight);
    layer.bias!.value = decode(bias);
    const input = decode(x);
    check(() => layer.forward(input), expected, cotangent, [
      [input, grads.x],
      [layer.weight, grads.weight],
      [layer.bias!, grads.bias],
    ]);
  });

  it.each(goldenCases('embedding'))('$id', (golden) => {
    const { weight, indices, padding_idx: padding, scale_grad_by_freq: scale = false } = golden;
    const [count, size] = weight.s as [number, number];
    const layer = new Embedding({
      count,
      size,
      ...(typeof padding === 'number' ? { paddingIndex: padding } : {}),
      scaleGradientByFrequency: scale,
      rng: new Rng(1),
    });
    castParameters(layer, dtype).weight.value = decode(weight);
    const positions = tensor(indices, { dtype: 'int32' });
    check(() => layer.forward(positions), golden.expected, golden.cotangent, [[layer.weight, golden.grad]]);
  });

  it.each(goldenCases('layer_norm'))('$id', (golden) => {
    const { x, weight, bias, eps: epsilon, grads } = golden;
    const layer = new LayerNorm({ size: golden.normalized_shape, epsilon, affine: weight !== null });
    if (weight && bias) {
      castParameters(layer, dtype).weight!.value = decode(weight);
      layer.bias!.value = decode(bias);
    }
    const input = decode(x);
    check(() => layer.forward(input), golden.expected, golden.cotangent, [
      [input, grads.x],
      ...(grads.weight ? [[layer.weight!, grads.weight] as const] : []),
      ...(grads.bias ? [[layer.bias!, grads.bias] as const] : []),
    ]);
  });

  const reductions = { mean: crossEntropy, sum: crossEntropySum, none: crossEntropyPerToken };

  it.each(goldenCases('cross_entropy'))('$id', (golden) => {
    const logits = decode(golden.logits);
    const targets = tensor(golden.targets, { dtype: 'int32' });
    const options = {
      classWeights: golden.weight ? decode(golden.weight) : undefined,
      labelSmoothing: golden.label_smoothing,
      ignoreIndex: golden.ignore_index,
    };
    // PyTorch divides 0 by 0 where every target is ignored; here the loss is 0.
    const expected = golden.id === 'ce_all_ignored_mean' ? { s: [], d: [0] } : golden.expected;
    const loss = (): Tensor => reductions[golden.reduction](logits, targets, options);
    check(loss, expected, golden.cotangent, [[logits, golden.grad]]);
  });

  it.each(goldenCases('mse'))('$id', ({ x, y, expected, grad }) => {
    const [prediction, target] = [new Parameter(decode(x)), decode(y)];
    check(() => meanSquaredError(prediction.value, target), expected, undefined, [[prediction, grad]]);
  });

  it.each(goldenCases('smooth_l1'))('$id', ({ x, y, beta, expected, grad }) => {
    const [prediction, target] = [decode(x), decode(y)];
    check(() => smoothL1(prediction, target, { beta }), expected, undefined, [[prediction, grad]]);
  });

  it.each(goldenCases('bce_with_logits'))('$id', ({ x, y, expected, grad }) => {
    const [logits, targets] = [decode(x), decode(y)];
    check(() => binaryCrossEntropyFromLogits(logits, targets), expected, undefined, [[logits, grad]]);
  });
});
