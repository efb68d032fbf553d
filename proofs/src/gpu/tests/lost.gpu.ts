// A device that is taken away says so; its results are not zeros.
import { type GpujsBackend, gpujs } from '@unroll/backend-gpujs';
import { tensor, withBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { missing, mode, title } from './setting.ts';
import { inPage, lose, watch } from './watch.ts';

const sum = (on: GpujsBackend) => withBackend(on, () => tensor([1, 2, 3]).add(1));

describe.skipIf(missing ?? (inPage ? undefined : 'in pages alone'))(`a device lost on ${title}`, () => {
  it('is an error at the next read, and a new backend works', async () => {
    const { made } = watch();
    const backend = await gpujs({ mode });
    const before = sum(backend);
    expect([...(await before.data())]).toEqual([2, 3, 4]);
    await lose(made.at(-1)!);
    await expect((async () => before.data())()).rejects.toMatchObject({ code: 'DEVICE_FAILED' });
    await expect((async () => sum(backend).data())()).rejects.toThrow(/lost.*Make another backend/i);
    await backend.dispose();
    const next = await gpujs({ mode });
    expect([...(await sum(next).data())]).toEqual([2, 3, 4]);
    await next.dispose();
  });

  it('during a read is an error, too', async () => {
    const { made } = watch();
    const backend = await gpujs({ mode });
    const x = sum(backend);
    await x.data();
    const waits = mode === 'webgpu';
    const [read] = await Promise.allSettled([x.data(), lose(made.at(-1)!)]);
    // In WebGL it is read before the call returns.
    expect(read).toMatchObject(waits ? { status: 'rejected', reason: { code: 'DEVICE_FAILED' } } : { value: { 0: 2 } });
    await expect((async () => x.data())()).rejects.toThrow(/lost.*Make another backend/i);
    await backend.dispose();
  });

  it('is no loss to another backend', async () => {
    const { made } = watch();
    const [first, second] = [await gpujs({ mode }), await gpujs({ mode })];
    const [x, y] = [sum(first), sum(second)];
    await lose(made.at(-1)!);
    await expect((async () => y.data())()).rejects.toThrow(/lost/i);
    expect([...(await x.data())]).toEqual([2, 3, 4]);
    expect([...(await sum(first).data())]).toEqual([2, 3, 4]);
    for (const backend of [first, second]) await backend.dispose();
  });
});
