// Several backends of one page do not get in each other's way.
import { type GpujsBackend, gpujs } from '@unroll/backend-gpujs';
import { tensor, withBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { missing, mode, title } from './setting.ts';
import { inPage, watch } from './watch.ts';

const sum = (on: GpujsBackend) => withBackend(on, () => tensor([1, 2, 3]).add(1));

interface GpuDevice {
  createBuffer(settings: { readonly size: number; readonly usage: number }): unknown;
}

describe.skipIf(missing)(`several backends on ${title}`, () => {
  it('are made and disposed of, one after the other, beside one that stays', async () => {
    const stays = await gpujs({ mode });
    const kept = sum(stays);
    for (let i = 0; i < 20; i++) {
      const other = await gpujs({ mode });
      expect([...(await sum(other).data())]).toEqual([2, 3, 4]);
      await other.dispose();
    }
    expect([...(await kept.data())]).toEqual([2, 3, 4]);
    await stays.dispose();
  });

  it('compute side by side, and outlive one another', async () => {
    const backends = await Promise.all([1, 2, 3].map(() => gpujs({ mode })));
    for (const [i, backend] of backends.entries()) {
      const reads = await Promise.all(backends.slice(i).map((each) => sum(each).data()));
      for (const numbers of reads) expect([...numbers]).toEqual([2, 3, 4]);
      await backend.dispose();
    }
  });

  it.skipIf(mode !== 'webgpu' || !inPage)('do not hear of errors of each other, and never read zeros', async () => {
    const { made } = watch();
    const [first, second] = [await gpujs({ mode }), await gpujs({ mode })];
    expect(made.length).toBe(2);
    const [x, y] = [sum(first), sum(second)];
    // No buffer may be for this.
    (made[1] as GpuDevice).createBuffer({ size: 16, usage: 0 });
    await expect(y.data()).rejects.toMatchObject({ code: 'DEVICE_FAILED' });
    expect([...(await x.data())]).toEqual([2, 3, 4]);
    expect([...(await sum(first).data())]).toEqual([2, 3, 4]);
    await expect(sum(second).data()).rejects.toMatchObject({ code: 'DEVICE_FAILED' });
    for (const backend of [first, second]) await backend.dispose();
  });
});
