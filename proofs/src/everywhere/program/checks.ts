import { cpu } from '@unroll/backend-cpu';
import { type WasmBackend, type WasmOptions, wasm, wasmSync } from '@unroll/backend-wasm';
import { setBackend } from '@unroll/tensor';
import { runCompiled } from './compiled.ts';
import { checkConformance } from './conformance.ts';
import type { Findings } from './findings.ts';
import { valuesOfMath } from './math.ts';
import { trainOn } from './training.ts';

/** All that can be checked in any engine; `file` is the compiled model that another one made. */
export async function runChecks(file: Uint8Array): Promise<Findings> {
  const said: string[] = [];
  // Divides even the smallest op, so that the threads have to do with all of them: an option for tests.
  const everything = { leastWork: 0 };
  const make = (options: WasmOptions): Promise<WasmBackend> =>
    wasm({ relaxedSimd: false, onFallback: (message) => said.push(message), ...options });
  const using = async <T>(options: WasmOptions, work: (backend: WasmBackend) => Promise<T>): Promise<T> => {
    const backend = await make(options);
    try {
      return await work(backend);
    } finally {
      setBackend(cpu());
      backend.dispose();
    }
  };
  const two: WasmOptions = { threads: 2 };
  return {
    agent: Reflect.has(globalThis, 'navigator') ? navigator.userAgent : '',
    said,
    conformance: {
      cpu: await orError(() => checkConformance(cpu())),
      wasm: await orError(() => using({}, checkConformance)),
      'wasm, 2 threads': await orError(() => using({ ...two, ...everything }, checkConformance)),
    },
    training: {
      'cpu float32': await orError(() => trainOn(cpu(), 'float32')),
      'cpu float64': await orError(() => trainOn(cpu(), 'float64')),
      'wasm float32': await orError(() => using({}, (backend) => trainOn(backend, 'float32'))),
      'wasm float64': await orError(() => using({}, (backend) => trainOn(backend, 'float64'))),
      'wasm float32, 2 threads': await orError(() => using(two, (backend) => trainOn(backend, 'float32'))),
    },
    compiled: await orError(() => using({}, () => runCompiled(file))),
    withoutWaiting: await orError(async () => {
      const backend = wasmSync({ relaxedSimd: false });
      const { description } = backend;
      backend.dispose();
      return description;
    }),
    relaxedSimd: await orError(async () => {
      const backend = await wasm({ relaxedSimd: true });
      backend.dispose();
      return true;
    }),
    math: valuesOfMath(),
  };
}

/** What a check gives, or why it could not be done. */
export async function orError<T>(check: () => Promise<T>): Promise<T | string> {
  try {
    return await check();
  } catch (error) {
    return `Error: ${error instanceof Error ? error.message : String(error)}`;
  }
}
