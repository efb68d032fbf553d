import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../create.ts';
import { Parameter } from '../parameter.ts';
import { Rng } from '../rng.ts';
import type { Tensor } from '../tensor.ts';
import { logSoftmax, logSumExp, softmax } from './softmax.ts';

const list = (x: Tensor): readonly number[] => [...x.dataSync()];

describe('softmax', () => {
  it('sums to 1 along its axis and does not change when a constant is added', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 0, max: 2 }),
        fc.double({ min: -1e4, max: 1e4, noNaN: true }),
        (seed, axis, shift) => {
          const x = new Rng(seed).normal([2, 3, 4], { dtype: 'float64' });
          for (const total of list(softmax(x, { axis }).sum(axis))) expect(total).toBeCloseTo(1, 12);
          const moved = list(softmax(x.add(shift), { axis }));
          for (const [i, p] of list(softmax(x, { axis })).entries()) expect(moved[i]).toBeCloseTo(p, 9);
        },
      ),
    );
  });

  it('does not overflow, and takes −∞ as a probability of 0', () => {
    expect(list(softmax(tensor([1000, 1000, -Infinity])))).toEqual([0.5, 0.5, 0]);
    expect(list(logSoftmax(tensor([-1000, -1000], { dtype: 'float64' })))).toEqual([-Math.LN2, -Math.LN2]);
    expect(logSumExp(tensor([1e30, 0])).item()).toBeCloseTo(Math.fround(1e30), -25);
    expect(logSumExp(tensor([-Infinity, -Infinity])).item()).toBe(-Infinity);
  });

  it('leaves out what is masked; a row without anything live is 0', () => {
    const x = tensor([
      [1, 2, NaN],
      [1, 2, 3],
    ]);
    const mask = tensor([
      [1, 1, 0],
      [0, 0, 0],
    ]);
    const [a, b, ...rest] = list(softmax(x, { mask }));
    expect(a! + b!).toBeCloseTo(1, 6);
    expect(rest).toEqual([0, 0, 0, 0]);
  });

  it('runs over the axis of x where the mask has more axes', () => {
    const x = tensor([1, 2, 3], { dtype: 'float64' });
    const mask = tensor([
      [1, 1, 0],
      [0, 1, 1],
    ]);
    const p = 1 / (1 + Math.E);
    const expected = [p, 1 - p, 0, 0, p, 1 - p];
    for (const axis of [0, -1]) {
      const actual = softmax(x, { axis, mask });
      expect(actual.shape).toEqual([2, 3]);
      for (const [i, each] of list(actual).entries()) expect(each).toBeCloseTo(expected[i]!, 12);
    }
  });

  it('takes a Parameter', () => {
    const x = tensor([1, 2, 3]);
    const parameter = new Parameter(x.detach());
    for (const op of [softmax, logSoftmax, logSumExp]) expect(list(op(parameter))).toEqual(list(op(x)));
    // @ts-expect-error what JavaScript users may write
    expect(() => softmax([1, 2])).toThrow('softmax: expected a tensor or a Parameter, got an object (Array).');
  });
});
