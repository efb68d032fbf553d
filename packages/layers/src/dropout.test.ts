import { valueAndGrad } from '@unroll/autograd';
import fc from 'fast-check';
import { Parameter, Rng, ones, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { Dropout, dropout, dropoutMask } from './index.ts';

describe('dropout', () => {
  it('keeps the mean: each element is 0 or grows by 1/(1 − rate), in the right proportion', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0.05, max: 0.95, noNaN: true }), (seed, rate) => {
        const data = [...dropout(ones([4000], { dtype: 'float64' }), rate, new Rng(seed)).dataSync()];
        const kept = data.filter((x) => x !== 0);
        for (const x of kept) expect(x).toBeCloseTo(1 / (1 - rate), 12);
        // Six standard deviations.
        const deviation = Math.sqrt(4000 * rate * (1 - rate));
        expect(Math.abs(kept.length - 4000 * (1 - rate))).toBeLessThan(6 * deviation + 1);
      }),
    );
  });

  it('drops only in a call with a generator or with noise', () => {
    const layer = new Dropout({ rate: 0.5 });
    const x = ones([100]);
    expect(layer.forward(x)).toBe(x);
    expect(layer.forward(x, { rng: undefined })).toBe(x);
    expect([...layer.forward(x, { rng: new Rng(1) }).dataSync()]).toContain(0);
    const noise = tensor([0, 2]);
    expect([...layer.forward(ones([3, 2]), { noise, rng: new Rng(1) }).dataSync()]).toEqual([0, 2, 0, 2, 0, 2]);
  });

  it('gives the gradient the same mask', () => {
    const x = new Parameter(ones([50], { dtype: 'float64' }));
    const { grads } = valueAndGrad(() => dropout(x.value, 0.3, new Rng(5)).sum(), [x]);
    expect(grads[0].dataSync()).toEqual(dropoutMask([50], 0.3, new Rng(5), x.value).dataSync());
  });

  it('knows the rates 0 and 1, and refuses others outside', () => {
    const x = tensor([1, NaN]);
    const rng = new Rng(1);
    const before = rng.state();
    expect(dropout(x, 0, rng)).toBe(x);
    expect(rng.state()).toEqual(before);
    expect([...dropout(ones([3]), 1, rng).dataSync()]).toEqual([0, 0, 0]);
    for (const rate of [-0.1, 1.1, NaN]) expect(() => new Dropout({ rate })).toThrow(`the rate ${rate}`);
  });
});
