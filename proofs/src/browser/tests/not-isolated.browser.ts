// A page without the headers that shared memory needs.
import { wasm } from '@unroll/backend-wasm';
import { expect, inject, it } from 'vitest';
import { train } from './training.ts';

it('a page that is not isolated asks for two threads, is told why it gets one, and computes the same', async () => {
  const said: string[] = [];
  const backend = await wasm({ relaxedSimd: false, threads: 2, onFallback: (message) => said.push(message) });
  expect(Reflect.get(globalThis, 'crossOriginIsolated')).toBe(false);
  expect(backend.description).toMatch(/, 1 of 2 threads;/);
  expect(said).toEqual([expect.stringContaining('not cross-origin isolated')]);
  expect((await train(backend)).losses).toEqual(inject('inNode')[2].losses);
});
