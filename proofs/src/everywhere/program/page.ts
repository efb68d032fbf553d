// What runs in a page: all checks where it is cross-origin isolated, otherwise that threads are refused, with a reason and the same bits.
import { wasm } from '@unroll/backend-wasm';
import { runChecks } from './checks.ts';
import { trainOnGpus } from './gpu.ts';
import { trainOn } from './training.ts';

async function check(): Promise<object> {
  if (Reflect.get(globalThis, 'crossOriginIsolated') === true) {
    const response = await fetch('/model.safetensors');
    const findings = await runChecks(new Uint8Array(await response.arrayBuffer()));
    return { ...findings, gpu: await trainOnGpus() };
  }
  const said: string[] = [];
  const backend = await wasm({ relaxedSimd: false, threads: 2, onFallback: (message) => said.push(message) });
  return { said, trained: await trainOn(backend, 'float32') };
}

const result = await check().catch((error: unknown) => ({ error: String(error) }));
await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
