// Kernels that are thrown away to make room, and compiled again.
import { gpujs } from '@unroll/backend-gpujs';
import { describe, expect, it } from 'vitest';
import { compute, networks } from './models.ts';
import { missing, mode, theBackend, title } from './setting.ts';

describe.skipIf(missing)(`few kernels kept on ${title}`, () => {
  it('change no result', async () => {
    const few = await gpujs({ mode, kernels: 12 });
    const [actual, expected] = [
      await compute(networks['vanilla RNN']!, few, 'float32'),
      await compute(networks['vanilla RNN']!, await theBackend(), 'float32'),
    ];
    expect(actual).toEqual(expected);
    expect(few.statistics().kernels).toBeLessThanOrEqual(12);
    await few.dispose();
  });
});
