import {
  type EncodedTensor,
  decodeTensor,
  float32Tolerance,
  float64Tolerance,
  goldenCases,
  mismatch,
} from '@unroll/fixtures';
import { type DType, type Tensor, logSoftmax, logSumExp, softmax, tensor, where } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { valueAndGrad } from './value-and-grad.ts';

const functions = { softmax, log_softmax: logSoftmax, logsumexp: logSumExp };
const cases = Object.entries(functions).flatMap(([kind, fn]) =>
  goldenCases(kind as keyof typeof functions).map((golden) => ({ ...golden, fn })),
);

describe.each(['float64', 'float32'] as const)('softmax and its kin equal PyTorch in %s', (dtype: DType) => {
  const tolerance = dtype === 'float64' ? float64Tolerance : float32Tolerance();
  const decode = (encoded: EncodedTensor): Tensor => {
    const { shape, data } = decodeTensor(encoded);
    return tensor(data, { shape, dtype });
  };

  it.each(cases)('$id: value and gradient', ({ x, cotangent, expected, grad, fn }) => {
    const input = decode(x);
    const seed = decode(cotangent);
    expect(mismatch(fn(input), expected, tolerance)).toBeUndefined();
    // The gradient is that of the finite outputs.
    const finite = decode(expected).abs().less(Infinity);
    const loss = (): Tensor => where(finite, fn(input), 0).mul(seed).sum();
    expect(mismatch(valueAndGrad(loss, [input]).grads[0], grad, tolerance)).toBeUndefined();
  });
});
