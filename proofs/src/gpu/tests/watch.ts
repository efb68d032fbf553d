import { mode } from './setting.ts';

/** Devices that a page makes: WebGL contexts, or WebGPU devices. */
export interface Watch {
  /** Those made since, in their order. */
  readonly made: readonly object[];
}

/** Looks on while devices are made. */
export function watch(): Watch {
  const made: object[] = [];
  const note = (device: unknown): void => {
    if (typeof device === 'object' && device !== null && !made.includes(device)) made.push(device);
  };
  const spy = (prototype: object, method: string): void => {
    const original = Reflect.get(prototype, method) as (this: object, ...args: unknown[]) => unknown;
    Reflect.set(prototype, method, function (this: object, ...args: unknown[]) {
      const result = original.apply(this, args);
      if (result instanceof Promise) return result.then((device) => (note(device), device));
      note(result);
      return result;
    });
  };
  const prototypeOf = (name: string): object => (Reflect.get(globalThis, name) as { prototype: object }).prototype;
  if (mode === 'webgpu') spy(prototypeOf('GPUAdapter'), 'requestDevice');
  else for (const canvas of ['HTMLCanvasElement', 'OffscreenCanvas']) spy(prototypeOf(canvas), 'getContext');
  return { made };
}

/** Takes a device away. */
export async function lose(device: object): Promise<void> {
  const known = device as { destroy?(): void; getExtension?(name: string): { loseContext(): void } };
  if (known.destroy) known.destroy();
  else known.getExtension!('WEBGL_lose_context').loseContext();
  await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Whether these tests run in a page. */
export const inPage: boolean = Reflect.get(globalThis, 'document') !== undefined;
