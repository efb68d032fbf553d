import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device } from '../device/index.ts';
import { loadGpuJs } from '../gpujs.ts';
import type { Dimensions } from './dimensions.ts';
import { matmul } from './product.ts';
import { besides, tilingOf } from './tiles.ts';
import { worstError } from './testing.ts';

describe.each(['cpu', 'webasm'] as const)('matmul in mode %s', (mode) => {
  let device: Device;
  beforeAll(async () => {
    device = new Device({ library: await loadGpuJs(), mode, kernels: 100, kernelBytes: 2 ** 26 });
  });
  afterAll(() => device.dispose());

  const size = fc.integer({ min: 1, max: 9 });
  const any: fc.Arbitrary<Dimensions> = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    m: size,
    k: size,
    n: size,
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  });

  it('is the sum of products, transposed or not, alone or in a batch', async () => {
    await fc.assert(
      fc.asyncProperty(any, async (dimensions) => {
        expect(await worstError(device, dimensions)).toBeLessThan(1e-5);
      }),
      { numRuns: 20 },
    );
  });

  it('leaves nothing on the device but its result', async () => {
    const before = device.statistics.handles;
    const [a, b] = [device.upload(new Float32Array(40 * 30)), device.upload(new Float32Array(30 * 50))];
    const c = matmul(device, { a, b, batch: 1, m: 40, k: 30, n: 50, transposeA: false, transposeB: false });
    for (const handle of [a, b, c]) device.free(handle);
    expect(device.statistics.handles).toBe(before);
  });
});

describe('tiles', () => {
  const square = { batch: 1, m: 512, k: 512, n: 512, transposeA: false, transposeB: false };

  it('are as high as the outputs of a kernel allow', () => {
    expect(tilingOf(square, 8, 8192)?.height).toBe(8);
    expect(tilingOf(square, 4, 8192)?.height).toBe(4);
  });

  it('are low where high ones would leave the device idle, and never twice as high as the product', () => {
    expect(tilingOf({ ...square, m: 32, n: 128 }, 8, 8192)?.height).toBe(4);
    expect(tilingOf({ ...square, m: 3, n: 16384 }, 8, 16384)?.height).toBe(4);
    expect(tilingOf({ ...square, m: 1 }, 8, 8192)?.height).toBe(1);
  });

  it('lie below each other where they are few in a column, in parts of equal width', () => {
    expect(tilingOf({ ...square, m: 16, n: 2048 }, 8, 8192)?.blocks).toBe(16);
    expect(tilingOf(square, 8, 8192)?.blocks).toBe(1);
    expect(tilingOf({ ...square, m: 9, n: 500, batch: 2 }, 8, 8192)?.blocks).toBe(1);
    expect(tilingOf({ ...square, m: 9, n: 512, batch: 2 }, 8, 8192)?.blocks).toBe(4);
  });

  it('cannot be had where a line is longer than a texture, or there is no GLSL', () => {
    expect(tilingOf(square, 0, 8192)).toBeUndefined();
    expect(tilingOf({ ...square, k: 40_000 }, 8, 8192)).toBeUndefined();
    expect(besides(100, 10_000, 8192)).toBe(2);
    expect(besides(5000, 10_000, 8192)).toBeUndefined();
  });
});
