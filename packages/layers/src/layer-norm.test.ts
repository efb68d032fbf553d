import { gradientCheck } from '@unroll/autograd';
import fc from 'fast-check';
import { Parameter, Rng, castParameters, parametersOf, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { LayerNorm } from './index.ts';

const float64 = { dtype: 'float64' } as const;

describe('layerNorm', () => {
  it('gives mean 0 and variance 1 over its axes, whatever the scale', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0.1, max: 1e6, noNaN: true }), (seed, scale) => {
        const x = new Rng(seed).normal([3, 4, 5], { mean: 7 * scale, std: scale, ...float64 });
        const y = new LayerNorm({ size: [4, 5], affine: false, epsilon: 0 }).forward(x);
        for (const mean of y.mean([1, 2]).dataSync()) expect(mean).toBeCloseTo(0, 9);
        for (const square of y.square().mean([1, 2]).dataSync()) expect(square).toBeCloseTo(1, 9);
      }),
    );
  });

  it('has right gradients over one axis or several', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 2, max: 4 }),
        fc.boolean(),
        (seed, a, b, two) => {
          const rng = new Rng(seed);
          const layer = castParameters(new LayerNorm({ size: two ? [a, b] : b, epsilon: 0.1 }), 'float64');
          for (const parameter of parametersOf(layer)) parameter.value = rng.normal(parameter.value.shape, float64);
          const x = new Parameter(rng.normal([2, a, b], float64));
          const cotangent = rng.normal([2, a, b], float64);
          const loss = () => layer.forward(x.value).mul(cotangent).sum();
          expect(gradientCheck(loss, [x, ...parametersOf(layer)])).toBeLessThan(1e-7);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('says what does not fit', () => {
    expect(() => new LayerNorm({ size: 3 }).forward(tensor([[1, 2]]))).toThrow('x [1, 2] does not end with [3]');
  });
});
