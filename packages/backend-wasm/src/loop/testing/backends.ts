import type { Backend, LoopProgram } from '@unroll/backend';
import { type WasmBackend, assemble } from '../../backend.ts';
import { plainCompiler } from '../../compiler.ts';
import { type WasmFunction, engine } from '../../engine.ts';
import { EXACT } from '../../kernels/gemm/tile.ts';
import { elementModule, productModule } from '../../kernels/modules.ts';
import { Memory } from '../../memory/memory.ts';
import type { Runtime } from '../../ops/runtime.ts';
import { oneThread } from '../../threads/threads.ts';
import { wasm } from '../../wasm.ts';
import { loopCode } from '../compile-loop.ts';
import type { LoopModuleOptions } from '../loop-module.ts';
import { type LoopCode, partsOfBatch, runLoop } from '../run-loop.ts';

/** Without the compiler: the steps run on the primitives. */
export async function interpreting(): Promise<Backend> {
  return { ...(await wasm({ relaxedSimd: false })), compileLoop: () => ({ reason: 'it is the reference' }) };
}

/** A backend that counts what becomes of its programs. */
export interface CountingBackend extends WasmBackend {
  readonly seen: { compiled: number; left: number };
}

export async function counting(): Promise<CountingBackend> {
  const backend = await wasm({ relaxedSimd: false });
  const seen = { compiled: 0, left: 0 };
  const compileLoop = (program: LoopProgram): ReturnType<NonNullable<Backend['compileLoop']>> => {
    const loop = backend.compileLoop!(program);
    seen[typeof loop === 'function' ? 'compiled' : 'left']++;
    return loop;
  };
  return { ...backend, compileLoop, seen };
}

/** What a backend of one thread is made of. */
export function plainRuntime(): Runtime {
  const memory = new Memory(engine()!, 2 ** 32);
  const imports = { env: { memory: memory.linear.memory } };
  const { limits } = memory.linear;
  const kernels = Object.assign(
    {},
    ...[elementModule(limits), productModule(limits, EXACT)].map(
      (bytes) => new (engine()!.Instance)(new (engine()!.Module)(bytes), imports).exports,
    ),
  ) as Record<string, WasmFunction>;
  return { memory, threads: oneThread(1), compiler: plainCompiler(engine()!), kernel: (name) => kernels[name]! };
}

export interface LoopBackendOptions extends LoopModuleOptions {
  /** Of each batch, one after the other, as threads would run them. Default 1. */
  readonly parts?: number;
  /** Is shown the code of each loop. */
  readonly onCode?: (code: LoopCode) => void;
}

/** A backend that compiles loops in a way of its own. */
export function loopBackend({ parts = 1, onCode, ...options }: LoopBackendOptions): WasmBackend {
  const runtime = plainRuntime();
  const { memory, threads, compiler } = runtime;
  const kernels = new Proxy({}, { get: (_, name: string) => runtime.kernel(name) });
  const backend = assemble({
    memory,
    threads,
    compiler,
    kernels,
    description: 'for tests',
    dispose: () => memory.dispose(),
  });
  return {
    ...backend,
    compileLoop: (program) => {
      const code = loopCode(runtime, program, options);
      if ('reason' in code) return code;
      onCode?.(code);
      return (run) => runLoop(runtime, code, run, partsOfBatch(code.split, parts));
    },
  };
}
