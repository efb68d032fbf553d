import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { run, seed, upload, values } from './properties.ts';

const length = fc.integer({ min: 0, max: 40 });

describe('matmul', () => {
  it('is the sum of products, however its operands lie', () => {
    const batch = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
    fc.assert(
      fc.property(
        batch,
        length,
        length,
        length,
        fc.boolean(),
        fc.boolean(),
        seed,
        (b, m, k, n, transposeA, transposeB, s) => {
          const leading = b === undefined ? [] : [b];
          const x = upload([...leading, ...(transposeA ? [k, m] : [m, k])], s);
          const y = upload([...leading, ...(transposeB ? [n, k] : [k, n])], s + 1);
          const [product] = run('matmul', { transposeA, transposeB }, x, y);
          const [got, p, q] = [values(product!), values(x), values(y)];
          for (let o = 0; o < got.length; o++) {
            const slice = Math.floor(o / (m * n));
            const [i, j] = [Math.floor((o % (m * n)) / n), o % n];
            let want = 0;
            for (let c = 0; c < k; c++) {
              want +=
                p[slice * m * k + (transposeA ? c * m + i : i * k + c)]! *
                q[slice * k * n + (transposeB ? j * k + c : c * n + j)]!;
            }
            expect(got[o]).toBeCloseTo(want, 10);
          }
        },
      ),
    );
  });

  it('agrees with itself when rows are computed in blocks', () => {
    const [x, y] = [upload([600, 3], 1), upload([3, 70], 2)];
    const flags = { transposeA: false, transposeB: false };
    const whole = values(run('matmul', flags, x, y)[0]!);
    const [, tail] = run('split', { axis: 0, sizes: [590, 10] }, x);
    expect(values(run('matmul', flags, tail!, y)[0]!)).toEqual(whole.slice(590 * 70));
  });
});
