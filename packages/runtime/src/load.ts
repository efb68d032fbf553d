import { CompiledModel } from './model.ts';
import { readFile } from './file.ts';
import { startMachine } from './machine.ts';
import { RuntimeError } from './error.ts';

/**
 * Makes a model ready to run: from the bytes of a file that `compileModel` wrote, or from where they are to be fetched.
 * @throws RuntimeError INVALID_FILE if it is damaged, cut off or another file, or can't be fetched; UNSUPPORTED_VERSION;
 * UNSUPPORTED_ENGINE without WebAssembly SIMD, or on a page whose policy has no `wasm-unsafe-eval`
 */
export async function load(source: string | URL | ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<CompiledModel> {
  const data = typeof source === 'string' || source instanceof URL ? await fetched(source) : source;
  const file = readFile(ArrayBuffer.isView(data) ? data : new Uint8Array(data));
  const machines = await Promise.all(file.description.programs.map((program) => startMachine(program, file.tensor)));
  return new CompiledModel(machines, file.metadata);
}

async function fetched(url: string | URL): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (response.ok) return response.arrayBuffer();
  throw new RuntimeError('INVALID_FILE', `load: ${response.url} can’t be fetched: status ${response.status}.`);
}
