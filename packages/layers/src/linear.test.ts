import { gradientCheck } from '@unroll/autograd';
import fc from 'fast-check';
import { Parameter, Rng, castParameters, namedParameters, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { Linear, constant, linear } from './index.ts';

const float64 = { dtype: 'float64' } as const;

describe('linear', () => {
  it('has right gradients for any number of leading axes', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        (seed, leading, inputSize, outputSize, bias) => {
          const rng = new Rng(seed);
          const layer = castParameters(new Linear({ inputSize, outputSize, bias, rng }), 'float64');
          const x = new Parameter(rng.normal([...leading, inputSize], float64));
          const cotangent = rng.normal([...leading, outputSize], float64);
          expect(layer.forward(x.value).shape).toEqual([...leading, outputSize]);
          const parameters = [x, layer.weight, ...(layer.bias ? [layer.bias] : [])];
          expect(gradientCheck(() => layer.forward(x.value).mul(cotangent).sum(), parameters)).toBeLessThan(1e-7);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('starts in ±1/√in, in PyTorch’s shapes and names', () => {
    const layer = new Linear({ inputSize: 16, outputSize: 50, rng: new Rng(1) });
    const shapes = namedParameters(layer).map(([name, { value }]) => [name, value.shape]);
    expect(shapes).toEqual([
      ['weight', [50, 16]],
      ['bias', [50]],
    ]);
    for (const { value } of [layer.weight, layer.bias!]) {
      const data = [...value.dataSync()];
      expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(0.25);
      expect(Math.max(...data)).toBeGreaterThan(0.2);
      expect(Math.min(...data)).toBeLessThan(-0.2);
    }
  });

  it('takes initializers', () => {
    const rng = new Rng(1);
    const layer = new Linear({
      inputSize: 2,
      outputSize: 1,
      rng,
      initializer: constant(3),
      biasInitializer: constant(1),
    });
    expect([...layer.forward(tensor([[1, 2]])).dataSync()]).toEqual([10]);
  });

  it('gives nothing for no rows, and says what does not fit', () => {
    const layer = new Linear({ inputSize: 3, outputSize: 2, rng: new Rng(1) });
    expect(layer.forward(tensor([], { shape: [4, 0, 3] })).shape).toEqual([4, 0, 2]);
    expect(() => layer.forward(tensor([[1, 2]]))).toThrow('linear: x [1, 2] does not fit the weight [2, 3]');
    expect(() => linear(tensor(1), layer.weight)).toThrow('linear: x []');
  });
});
