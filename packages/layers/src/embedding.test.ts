import { gradientCheck, valueAndGrad } from '@unroll/autograd';
import fc from 'fast-check';
import { Rng, castParameters, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { Embedding, constant } from './index.ts';

const int32 = { dtype: 'int32' } as const;

describe('embedding', () => {
  it('has right gradients for indices of any shape, equal ones included', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }), (seed, shape) => {
        const rng = new Rng(seed);
        const layer = castParameters(new Embedding({ count: 4, size: 2, rng }), 'float64');
        const length = shape.reduce((a, b) => a * b, 1);
        const indices = tensor(
          Int32Array.from({ length }, () => rng.integer(4)),
          { shape },
        );
        const cotangent = rng.normal([...shape, 2], { dtype: 'float64' });
        const loss = () => layer.forward(indices).mul(cotangent).sum();
        expect(layer.forward(indices).shape).toEqual([...shape, 2]);
        expect(gradientCheck(loss, [layer.weight])).toBeLessThan(1e-7);
      }),
      { numRuns: 25 },
    );
  });

  it('starts the padding row at 0, and never moves it, whatever was loaded into it', () => {
    const layer = new Embedding({ count: 3, size: 2, paddingIndex: 1, rng: new Rng(1), initializer: constant(5) });
    expect([...layer.weight.value.dataSync()]).toEqual([5, 5, 0, 0, 5, 5]);
    layer.weight.value = tensor([
      [1, 2],
      [3, NaN],
      [5, 6],
    ]);
    const indices = tensor([1, 2, 1], int32);
    expect([...layer.forward(indices).dataSync()]).toEqual([3, NaN, 5, 6, 3, NaN]);
    const { grads } = valueAndGrad(() => layer.forward(indices).mul(Infinity).sum(), [layer.weight]);
    expect([...grads[0].dataSync()]).toEqual([0, 0, 0, 0, Infinity, Infinity]);
  });

  it('scales gradients by frequency, and changes no value', () => {
    const rng = new Rng(7);
    const plain = new Embedding({ count: 3, size: 2, rng });
    const scaled = new Embedding({ count: 3, size: 2, rng, scaleGradientByFrequency: true });
    scaled.weight.value = plain.weight.value.detach();
    const indices = tensor(
      [
        [0, 2, 2],
        [2, 0, 2],
      ],
      int32,
    );
    expect(scaled.forward(indices).dataSync()).toEqual(plain.forward(indices).dataSync());
    const { grads } = valueAndGrad(() => scaled.forward(indices).sum(), [scaled.weight]);
    expect([...grads[0].dataSync()]).toEqual([1, 1, 0, 0, 1, 1]);
  });

  it('refuses indices outside of the table', () => {
    const layer = new Embedding({ count: 3, size: 2, rng: new Rng(1) });
    expect(() => layer.forward(tensor([0, 3], int32))).toThrow('index 3');
    expect(() => layer.forward(tensor([0, 1]))).toThrow('int32');
    expect(() => new Embedding({ count: 3, size: 2, paddingIndex: 3, rng: new Rng(1) })).toThrow('paddingIndex 3');
  });
});
