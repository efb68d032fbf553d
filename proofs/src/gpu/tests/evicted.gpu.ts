// Kernels that are thrown away to make room, and compiled again.
import { gpujs } from '@unroll/backend-gpujs';
import { describe, expect, it } from 'vitest';
import { compute, networks } from './models.ts';
import { missing, mode, theBackend, title } from './setting.ts';

describe.skipIf(missing)(`few kernels kept on ${title}`, () => {
  it('change no result', async () => {
    const few = await gpujs({ mode, kernels: 3 });
    const { compileLoop: _, ...stepByStep } = few;
    const { compileLoop: __, ...usual } = await theBackend();
    const [actual, expected] = [
      await compute(networks['GRU']!, stepByStep, 'float32'),
      await compute(networks['GRU']!, usual, 'float32'),
    ];
    expect(actual).toEqual(expected);
    expect(few.statistics().kernels).toBeLessThanOrEqual(3);
    await few.dispose();
  });
});
