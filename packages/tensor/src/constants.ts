import { type Backend, type DType, allocate } from '@unroll/backend';
import type { Buffer } from '@unroll/backend';

/** Numbers in equations (`x.mul(2)`) are uploaded once per backend and dtype; the bound keeps odd programs from growing it. */
const LIMIT = 1024;
const caches = new WeakMap<Backend, Map<string, Buffer>>();

/** A handle to a rank-0 buffer that holds `value`. */
export function constantBuffer(value: number, dtype: DType, backend: Backend): Buffer {
  let cache = caches.get(backend);
  if (!cache) caches.set(backend, (cache = new Map()));
  const key = `${dtype} ${Object.is(value, -0) ? '-0' : value}`;
  let buffer = cache.get(key);
  if (!buffer) {
    if (cache.size >= LIMIT) {
      for (const old of cache.values()) backend.free(old);
      cache.clear();
    }
    const data = allocate(dtype, 1);
    data[0] = value;
    buffer = backend.upload(data, { shape: [], dtype });
    cache.set(key, buffer);
  }
  return backend.share(buffer);
}
