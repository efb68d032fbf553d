// Runs in the page: trains with two threads, if the page may, and sends what came out to the server.
import { wasm } from '@unroll/backend-wasm';
import { train } from './train.ts';

const result: Record<string, unknown> = {};
const said: string[] = [];
try {
  const backend = await wasm({ threads: 2, relaxedSimd: false, onFallback: (message) => said.push(message) });
  result['isolated'] = Reflect.get(globalThis, 'crossOriginIsolated');
  result['description'] = backend.description;
  result['losses'] = train(backend, 30);
  result['said'] = said;
  const start = performance.now();
  train(backend, 30);
  result['milliseconds'] = (performance.now() - start) / 30;
  backend.dispose();
} catch (error) {
  result['error'] = String(error);
}
await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
