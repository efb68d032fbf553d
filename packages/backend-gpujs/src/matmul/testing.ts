import type { Device } from '../device/index.ts';
import type { Dimensions } from './dimensions.ts';
import { matmul } from './product.ts';

/** How far a product on a device is from sums in float64: the largest error, as a part of the sum of the products' sizes. */
export async function worstError(device: Device, dimensions: Dimensions): Promise<number> {
  const { batch, m, k, n, transposeA, transposeB } = dimensions;
  const numbers = (length: number, seed: number): Float32Array =>
    Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * seed));
  const [left, right] = [numbers(batch * m * k, 0.7), numbers(batch * k * n, 1.3)];
  const [a, b] = [device.upload(left), device.upload(right)];
  const c = matmul(device, { a, b, ...dimensions });
  const got = await device.download(c);
  for (const handle of [a, b, c]) device.free(handle);
  let worst = got.length === batch * m * n ? 0 : Infinity;
  for (let g = 0; g < batch; g++) {
    for (let y = 0; y < m; y++) {
      for (let x = 0; x < n; x++) {
        let sum = 0;
        let size = 0;
        for (let i = 0; i < k; i++) {
          const p = left[g * m * k + (transposeA ? i * m + y : y * k + i)]!;
          const q = right[g * k * n + (transposeB ? x * k + i : i * n + x)]!;
          sum += p * q;
          size += Math.abs(p * q);
        }
        worst = Math.max(worst, Math.abs(got[(g * m + y) * n + x]! - sum) / Math.max(1e-6, size));
      }
    }
  }
  return worst;
}
