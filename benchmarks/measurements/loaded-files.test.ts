import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { loadedWithRuntime } from './loaded-files.ts';

it('a page that writes with a compiled model loads less than 20 kB beside the weights, the runtime less than 4 kB', async () => {
  const sizes = (await loadedWithRuntime(['@unroll/source'])).map(({ bytes }) => gzipSync(bytes).length);
  expect(sizes.length).toBe(3);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(20_000);
  expect(sizes[0]).toBeLessThan(4000);
});
