// A page that is served with the headers of cross-origin isolation.
import { type WasmBackend, wasm } from '@unroll/backend-wasm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Trained, load, logitsOf, save, train } from './training.ts';

describe.each([
  { threads: 1, running: 'one thread' },
  { threads: 2, running: '2 threads' },
] as const)('a character model trained in a page on $running', ({ threads, running }) => {
  const inNode = inject('inNode')[threads];
  let backend: WasmBackend;
  let trained: Trained;
  beforeAll(async () => {
    // A busy machine may take a thread away in the middle of the run: the numbers stay the same.
    backend = await wasm({ relaxedSimd: false, threads, onFallback: () => undefined });
    trained = await train(backend);
  });
  afterAll(() => backend.dispose());

  it('has that many', () => {
    expect(Reflect.get(globalThis, 'crossOriginIsolated')).toBe(true);
    expect(backend.description).toContain(`, ${running};`);
  });

  it('learns, with the losses that it has in Node, to the bit', () => {
    const { losses } = trained;
    expect(losses.at(-1)).toBeLessThan(0.7 * losses[0]!);
    expect(losses).toEqual(inNode.losses);
  });

  it('is saved as the file that Node writes, and loaded again computes the same', async () => {
    const file = await save(trained.model);
    expect([...file]).toEqual(inNode.file);
    expect(logitsOf(load(file))).toEqual(logitsOf(trained.model));
  });
});
