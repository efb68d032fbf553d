import type { DType } from '@unroll/backend';
import type { Compiler } from '../compiler.ts';
import type { WasmFunction } from '../engine.ts';
import type { Memory } from '../memory/memory.ts';
import type { Threads } from '../threads/threads.ts';

/** What ops are made of: memory, and the kernels that work on it, by the names that they are exported under. */
export interface Runtime {
  readonly memory: Memory;
  readonly kernel: (name: string) => WasmFunction;
  readonly threads: Threads;
  /** Compiles what is written later: loops. */
  readonly compiler: Compiler;
}

/** Finds `name.dtype`, each at its first use: putting names together would take as long as a small kernel does. */
export function byDType({ kernel }: Runtime, name: string): (dtype: DType) => WasmFunction {
  const found: { [D in DType]?: WasmFunction } = {};
  return (dtype) => (found[dtype] ??= kernel(`${name}.${dtype}`));
}

/** The two kernels `name.4` and `name.8`, for elements of so many bytes. */
export function byWidth({ kernel }: Runtime, name: string): Readonly<Record<number, WasmFunction>> {
  return { 4: kernel(`${name}.4`), 8: kernel(`${name}.8`) };
}
