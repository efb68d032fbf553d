import { gradientCheck, valueAndGrad } from '@unroll/autograd';
import { type DType, Parameter, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import {
  type Activation,
  elu,
  gelu,
  hardSigmoid,
  hardTanh,
  leakyRelu,
  logSigmoid,
  silu,
  softplus,
  softsign,
} from './index.ts';

/** Each with its derivative at 0 and its limits at ±10⁶. */
const activations: Readonly<Record<string, readonly [fn: Activation, atZero: number, low: number, high: number]>> = {
  leakyRelu: [leakyRelu, 0.01, -1e4, 1e6],
  elu: [elu, 1, -1, 1e6],
  silu: [silu, 0.5, 0, 1e6],
  gelu: [gelu, 0.5, 0, 1e6],
  softplus: [softplus, 0.5, 0, 1e6],
  logSigmoid: [logSigmoid, 0.5, -1e6, 0],
  softsign: [softsign, 1, -1, 1],
  hardSigmoid: [hardSigmoid, 1 / 6, 0, 1],
  hardTanh: [hardTanh, 1, -1, 1],
};

describe.each(Object.entries(activations))('%s', (_, [fn, atZero, low, high]) => {
  it('has right gradients away from its corners', () => {
    const x = new Parameter(tensor([-20, -3.5, -1.2, -0.4, 0.3, 0.9, 2.5, 4, 20], { dtype: 'float64' }));
    expect(gradientCheck(() => fn(x.value).sum(), [x])).toBeLessThan(1e-7);
  });

  it.each<DType>(['float32', 'float64'])('is sound at 0 and far out in %s', (dtype) => {
    const x = new Parameter(tensor([0, -0, -1e6, 1e6], { dtype }));
    const { grads } = valueAndGrad(() => fn(x.value).sum(), [x]);
    const [zero, minusZero, left, right] = grads[0].dataSync();
    expect(zero).toBeCloseTo(atZero, 6);
    expect(minusZero).toBeCloseTo(atZero, 6);
    const [, , below, above] = fn(x.value).dataSync();
    expect(below! - low).toBeCloseTo(0, 5);
    expect(above! - high).toBeCloseTo(0, 5);
    // Far out each is a line: constant, or of slope |value / x|.
    expect(left).toBeCloseTo(Math.abs(low) > 1 ? Math.abs(low) / 1e6 : 0, 5);
    expect(right).toBeCloseTo(high > 1 ? 1 : 0, 5);
  });

  it('passes NaN on', () => {
    expect(fn(tensor([NaN])).item()).toBeNaN();
  });
});

it('hardSigmoid: has derivative 0 at both corners, and takes the slope of other libraries', () => {
  const x = new Parameter(tensor([-3, 3], { dtype: 'float64' }));
  const { grads } = valueAndGrad(() => hardSigmoid(x.value).sum(), [x]);
  for (const g of grads[0].dataSync()) expect(g).toBeCloseTo(0, 12);
  expect(hardSigmoid(tensor([1]), { slope: 0.2, offset: 0.5 }).item()).toBeCloseTo(0.7, 6);
});
