// Products large enough for packing and tiles, of sizes that fit no tile, against sums in float64.
import { valueAndGrad } from '@unroll/autograd';
import { cpu } from '@unroll/backend-cpu';
import { LstmCell, scan } from '@unroll/cells';
import { type DType, Rng, type Tensor, castParameters, parametersOf, tensor, withBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { missing, theBackend, title } from './setting.ts';

const SIZES = [
  { batch: 1, m: 64, k: 64, n: 64 },
  { batch: 3, m: 17, k: 30, n: 41 },
  { batch: 1, m: 1, k: 257, n: 300 },
  { batch: 1, m: 5, k: 200, n: 130 },
  { batch: 2, m: 40, k: 128, n: 65 },
  { batch: 1, m: 1000, k: 65, n: 9 },
  // Wide and low: threads of other columns below.
  { batch: 1, m: 16, k: 68, n: 512 },
  { batch: 2, m: 9, k: 36, n: 512 },
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

describe.skipIf(missing)(`loops with large products on ${title}`, () => {
  it('an LSTM whose products are computed by tiles gives the values and gradients of float64', async () => {
    const [batch, time, features, hidden] = [32, 5, 24, 64];
    const numbers = Array.from({ length: batch * time * features }, (_, i) => Math.fround(Math.sin(i * 0.37)));
    const run = async (dtype: DType): Promise<readonly (readonly number[])[]> => {
      const cell = castParameters(new LstmCell({ inputSize: features, hiddenSize: hidden, rng: new Rng(3) }), dtype);
      const parameters = parametersOf(cell);
      const xs = tensor(numbers, { shape: [batch, time, features], dtype });
      const { value, grads } = valueAndGrad(() => scan(cell, xs)[0].square().mean(), parameters);
      return Promise.all([value, ...grads].map(async (each) => [...(await each.data())]));
    };
    const expected = await withBackend(cpu(), () => run('float64'));
    const backend = await theBackend();
    const got = await withBackend(backend, () => run('float32'));
    for (const [i, values] of got.entries()) {
      const size = Math.max(...expected[i]!.map(Math.abs));
      const worst = Math.max(...values.map((value, j) => Math.abs(value - expected[i]![j]!)));
      expect(worst / size).toBeLessThan(i === 0 ? 1e-5 : 1e-4);
    }
  });
});
