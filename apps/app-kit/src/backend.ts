import { cpu } from '@unroll/backend-cpu';
import { hasWideVectors, wasm } from '@unroll/backend-wasm';
import { type Backend, setBackend } from '@unroll/tensor';
import { type OptionsFor, choice, integer } from './options/kinds.ts';
import type { NoEffect } from './options/no-effect.ts';

/** What computes. */
export interface BackendValues {
  readonly backend: 'wasm' | 'cpu';
  readonly threads: number;
  readonly vectors: 'auto' | '256' | '128';
}

export const backendOptions: OptionsFor<BackendValues> = {
  backend: choice({
    words: ['wasm', 'cpu'],
    help: 'wasm: WebAssembly, several times as fast; cpu: plain JavaScript',
    fallback: 'wasm',
  }),
  threads: integer({
    hint: 'n',
    help: 'threads of wasm; a batch is divided among them, and another number rounds another way',
    min: 1,
    max: 64,
    fallback: '1',
  }),
  vectors: choice({
    words: ['auto', '256', '128'],
    help: 'bits of a vector of wasm; auto: 256 where V8 in Node has them. The numbers are the same, at up to 1.8 times the speed',
    fallback: 'auto',
  }),
};

export const backendNoEffect: readonly NoEffect<BackendValues>[] = [
  { options: ['threads', 'vectors'], where: { backend: 'cpu' } },
];

const made = new Map<string, Promise<{ readonly backend: Backend; readonly description: string }>>();

/**
 * Computes with this backend from now on; what it is, for people. `say` is told if less runs than was asked for, also later on.
 * A process makes each backend once: its threads let the process end by itself.
 */
export async function useBackend(values: BackendValues, say: (message: string) => void): Promise<string> {
  const key = `${values.backend} ${values.threads} ${values.vectors}`;
  const making = made.get(key) ?? make(values, say);
  made.set(key, making);
  const { backend, description } = await making;
  setBackend(backend);
  return description;
}

async function make(
  { backend: kind, threads, vectors }: BackendValues,
  say: (message: string) => void,
): Promise<{ readonly backend: Backend; readonly description: string }> {
  if (kind === 'cpu') return { backend: cpu(), description: 'cpu: plain JavaScript, one thread' };
  // Relaxed rounding may differ from machine to machine, even from run to run: a resumed run would no longer be equal to the bit.
  const wideVectors = vectors === '256' || (vectors === 'auto' && hasWideVectors());
  const backend = await wasm({ threads, relaxedSimd: false, wideVectors, onFallback: say });
  return { backend, description: `wasm: ${backend.description}` };
}
