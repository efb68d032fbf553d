// A device that is taken away says so; its results are not zeros.
import { type GpujsBackend, gpujs } from '@unroll/backend-gpujs';
import { tensor, withBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { missing, mode, title } from './setting.ts';

const inPage = Reflect.get(globalThis, 'document') !== undefined;

describe.skipIf(missing ?? (inPage ? undefined : 'in pages alone'))(`a device lost on ${title}`, () => {
  it('is an error at the next read, and a new backend works', async () => {
    const lose = watch();
    const backend = await gpujs({ mode });
    const sum = (on: GpujsBackend) => withBackend(on, () => tensor([1, 2, 3]).add(1));
    const before = sum(backend);
    expect([...(await before.data())]).toEqual([2, 3, 4]);
    await lose();
    await expect((async () => before.data())()).rejects.toMatchObject({ code: 'DEVICE_FAILED' });
    await expect((async () => sum(backend).data())()).rejects.toThrow(/lost/i);
    await backend.dispose();
    const next = await gpujs({ mode });
    expect([...(await sum(next).data())]).toEqual([2, 3, 4]);
    await next.dispose();
  });
});

/** Looks on while devices are made; what it returns takes the last one away. */
function watch(): () => Promise<void> {
  const made: object[] = [];
  const spy = (prototype: object, method: string): void => {
    const original = Reflect.get(prototype, method) as (this: object, ...args: unknown[]) => unknown;
    Reflect.set(prototype, method, function (this: object, ...args: unknown[]) {
      const result = original.apply(this, args);
      void Promise.resolve(result).then((device) => {
        if (typeof device === 'object' && device !== null) made.push(device);
      });
      return result;
    });
  };
  const prototypeOf = (name: string): object => (Reflect.get(globalThis, name) as { prototype: object }).prototype;
  if (mode === 'webgpu') spy(prototypeOf('GPUAdapter'), 'requestDevice');
  else for (const canvas of ['HTMLCanvasElement', 'OffscreenCanvas']) spy(prototypeOf(canvas), 'getContext');
  return async () => {
    const device = made.at(-1)! as {
      destroy?(): void;
      getExtension?(name: string): { loseContext(): void };
      isContextLost?(): boolean;
    };
    if (device.destroy) device.destroy();
    else device.getExtension!('WEBGL_lose_context').loseContext();
    await new Promise((resolve) => setTimeout(resolve, 50));
  };
}
