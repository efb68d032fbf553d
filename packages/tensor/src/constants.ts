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
    // The oldest one goes, not all: what is held does not swing while each step has numbers of its own (a clipping factor).
    const [oldest] = cache;
    if (oldest && cache.size >= LIMIT) {
      backend.free(oldest[1]);
      cache.delete(oldest[0]);
    }
    const data = allocate(dtype, 1);
    data[0] = value;
    buffer = backend.upload(data, { shape: [], dtype });
    cache.set(key, buffer);
  }
  return backend.share(buffer);
}
