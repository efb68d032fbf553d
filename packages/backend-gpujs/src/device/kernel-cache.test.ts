import { describe, expect, it } from 'vitest';
import type { RawKernel } from '../gpujs.ts';
import { KernelCache, type KernelEntry } from './kernel-cache.ts';

function cacheOf(limit: number, bytes = Infinity) {
  const destroyed: string[] = [];
  const cache = new KernelCache({ limit, bytes });
  const get = (name: string, size = 1): KernelEntry =>
    cache.get(name, () => {
      const kernel: RawKernel = Object.assign(() => undefined, {
        setOutput: () => undefined,
        destroy: () => {
          destroyed.push(name);
        },
        kernel: { constructor: { mode: 'cpu', name: 'CPUKernel' } },
      });
      return { name, kernel, bytes: size };
    });
  return { cache, get, destroyed };
}

describe('kernel cache', () => {
  it('destroys the kernel that was not used for the longest time', () => {
    const { cache, get, destroyed } = cacheOf(2);
    const first = get('a');
    get('b');
    expect(get('a')).toBe(first);
    get('c');
    expect(destroyed).toEqual(['b']);
    expect([cache.size, cache.made]).toEqual([2, 3]);
  });

  it('also goes by the bytes that kernels hold on to, and keeps the newest in any case', () => {
    const { get, destroyed } = cacheOf(10, 100);
    get('a', 60);
    get('b', 30);
    get('c', 20);
    expect(destroyed).toEqual(['a']);
    get('d', 1000);
    expect(destroyed).toEqual(['a', 'b', 'c']);
  });

  it('leaves a kernel alive for as long as something that it made lives', () => {
    const { cache, get, destroyed } = cacheOf(1);
    const first = get('a');
    first.live++;
    get('b');
    expect(destroyed).toEqual([]);
    cache.leave(first);
    expect(destroyed).toEqual(['a']);
  });

  it('makes a kernel again that it was told to forget', () => {
    const { cache, get, destroyed } = cacheOf(3);
    const first = get('a');
    get('b');
    cache.forget(first);
    expect(destroyed).toEqual(['a']);
    expect(cache.size).toBe(1);
    expect(get('a')).not.toBe(first);
  });

  it('adds up compile times by name', () => {
    const { cache } = cacheOf(1);
    cache.timed('add', 3);
    cache.timed('matmul', 10);
    cache.timed('add', 4);
    expect(cache.times()).toEqual([
      { name: 'matmul', kernels: 1, milliseconds: 10 },
      { name: 'add', kernels: 2, milliseconds: 7 },
    ]);
  });
});
