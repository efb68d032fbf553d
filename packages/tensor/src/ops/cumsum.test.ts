import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor, zeros } from '../create.ts';
import { cumsum } from './cumsum.ts';
import { alongAxis, toPlain, toTensor, withAxis } from './testing.ts';

const totals = (row: readonly number[]): number[] => {
  let total = 0;
  return row.map((value) => (total += value));
};

describe('cumsum', () => {
  it('has the running totals along any axis', () => {
    // Whole numbers, so that the order of additions makes no difference.
    fc.assert(
      fc.property(withAxis(fc.integer({ min: -9, max: 9 })), ({ x, axis }) => {
        expect(toPlain(cumsum(toTensor(x), axis).add(0))).toEqual(alongAxis(x, axis, totals));
      }),
    );
    const long = Int32Array.from({ length: 1000 }, (_, i) => i);
    expect([...cumsum(tensor(long)).dataSync()]).toEqual(totals([...long]));
  });

  it('keeps what is not finite from what comes before it', () => {
    expect([...cumsum(tensor([1, 2, Infinity, 4, NaN, 6])).dataSync()]).toEqual([1, 3, Infinity, Infinity, NaN, NaN]);
  });

  it('makes a tensor of its own of one element, or of none', () => {
    const x = tensor([5]);
    const y = cumsum(x);
    x.dispose();
    expect(y.item()).toBe(5);
    expect(cumsum(zeros([2, 0])).shape).toEqual([2, 0]);
  });
});
