import { expect, it } from 'vitest';
import { engine } from '../engine.ts';
import { Memory } from '../memory/memory.ts';
import type { WebWorker } from './platform.ts';
import { startWorker } from './start-worker.ts';

/** A browser's worker whose file ends with this event. */
function failing(event: { readonly message?: string }): WebWorker {
  return {
    postMessage: () => {},
    addEventListener: (type, listener) => void (type === 'error' && queueMicrotask(() => listener(event))),
    terminate: () => {},
  };
}

async function reasonFor(event: { readonly message?: string }): Promise<string> {
  const { memory } = new Memory(engine()!, 2 ** 20, { shared: true, reservedBytes: 0 }).linear;
  const reasons: string[] = [];
  const { ready } = startWorker(
    { memory, control: 0, scratch: 0 },
    () => failing(event),
    (reason) => reasons.push(reason),
  );
  const error: unknown = await ready.catch((each: unknown) => each);
  expect(error).toEqual(new Error(reasons[0]));
  expect(reasons).toHaveLength(1);
  return reasons[0]!;
}

it('a worker of a browser that fails without a message, as where its file is missing, is told with the remedy', async () => {
  for (const event of [{}, { message: '' }]) {
    expect(await reasonFor(event)).toContain("optimizeDeps: { exclude: ['@unroll/backend-wasm'] }");
  }
});

it('a worker of a browser that fails with a message is told by it', async () => {
  expect(await reasonFor({ message: 'no such import' })).toBe('no such import');
});
