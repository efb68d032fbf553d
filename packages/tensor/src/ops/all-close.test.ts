import { cpu } from '@unroll/backend-cpu';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor, zeros } from '../create.ts';
import { allClose } from './all-close.ts';

describe('allClose', () => {
  it('holds for what is nearer than the tolerance, and for nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: -100, max: 100, noNaN: true }),
        fc.double({ min: -1e-3, max: 1e-3, noNaN: true }),
        async (y, error) => {
          const x = y + error;
          const bound = 1e-6 + 1e-5 * Math.abs(y);
          fc.pre(Math.abs(Math.abs(x - y) - bound) > 1e-12);
          const options = { relative: 1e-5, absolute: 1e-6 };
          const [a, b] = [tensor(Float64Array.of(0, x)), tensor(Float64Array.of(0, y))];
          expect(await allClose(a, b, options)).toBe(Math.abs(x - y) <= bound);
        },
      ),
    );
  });

  it('takes two dtypes and two backends', async () => {
    expect(await allClose(tensor([0.1, 2], { backend: cpu() }), tensor([0.1, 2], { dtype: 'float64' }))).toBe(true);
  });

  it('takes ∞ for close to itself alone, NaN to nothing', async () => {
    expect(await allClose(tensor([Infinity]), tensor([Infinity]))).toBe(true);
    expect(await allClose(tensor([5]), tensor([Infinity]))).toBe(false);
    expect(await allClose(tensor([Infinity]), tensor([5]))).toBe(false);
    expect(await allClose(tensor([NaN]), tensor([NaN]))).toBe(false);
  });

  it('refuses shapes that differ', async () => {
    await expect(allClose(zeros([2]), zeros([2, 1]))).rejects.toThrow('allClose: [2] and [2, 1] differ');
  });
});
