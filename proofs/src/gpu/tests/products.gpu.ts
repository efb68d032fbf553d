// Products large enough for packing and tiles, of sizes that fit no tile, against sums in float64.
import { cpu } from '@unroll/backend-cpu';
import { type DType, type Tensor, tensor, withBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { missing, theBackend, title } from './setting.ts';

const SIZES = [
  { batch: 1, m: 64, k: 64, n: 64 },
  { batch: 3, m: 17, k: 30, n: 41 },
  { batch: 1, m: 1, k: 257, n: 300 },
  { batch: 1, m: 5, k: 200, n: 130 },
  { batch: 2, m: 40, k: 128, n: 65 },
  { batch: 1, m: 1000, k: 65, n: 9 },
];
const TRANSPOSED = [false, true].flatMap((transposeA) =>
  [false, true].map((transposeB) => ({ transposeA, transposeB })),
);

describe.skipIf(missing)(`products on ${title}`, () => {
  it.each(SIZES)('$batch × [$m, $k] × [$k, $n], transposed or not', async ({ batch, m, k, n }) => {
    const numbers = (length: number, factor: number): number[] =>
      Array.from({ length }, (_, i) => Math.fround(Math.sin((i + 1) * factor)));
    const [left, right] = [numbers(batch * m * k, 0.7), numbers(batch * k * n, 1.3)];
    for (const { transposeA, transposeB } of TRANSPOSED) {
      const product = (dtype: DType): Tensor => {
        const a = tensor(left, { shape: transposeA ? [batch, k, m] : [batch, m, k], dtype });
        const b = tensor(right, { shape: transposeB ? [batch, n, k] : [batch, k, n], dtype });
        return a.matmul(b, { transposeA, transposeB });
      };
      const expected = await withBackend(cpu(), () => product('float64')).data();
      const backend = await theBackend();
      const got = await withBackend(backend, () => product('float32')).data();
      expect(got).toHaveLength(batch * m * n);
      const worst = [...got].reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
      // Sums of k numbers of about 1/4 each.
      expect(worst / Math.sqrt(k)).toBeLessThan(1e-5);
    }
  });
});
