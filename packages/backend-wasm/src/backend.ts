import { type Backend, type Buffer, type PrimitiveKernels, type TypedArray, UnrollError } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import type { Compiler } from './compiler.ts';
import type { WasmFunction } from './engine.ts';
import type { Memory, MemoryStatistics } from './memory/memory.ts';
import { loopCompiler } from './loop/compile-loop.ts';
import { broadcastingOps } from './ops/broadcasting.ts';
import { elementwiseOps } from './ops/elementwise.ts';
import { fusedOps } from './ops/fused.ts';
import { gatherOps } from './ops/gather.ts';
import { matmulOps } from './ops/matmul.ts';
import { movementOps } from './ops/movement.ts';
import { reduceOps } from './ops/reduce.ts';
import type { Runtime } from './ops/runtime.ts';
import type { Threads } from './threads/threads.ts';

/** A backend that reads without waiting. */
export interface WasmBackend extends Backend {
  downloadSync(buffer: Buffer): TypedArray;
  /** What runs, and why: for logs and reports. */
  readonly description: string;
  /** What is held at the moment, for tests and reports. */
  memory(): MemoryStatistics;
  /** Ends its threads and refuses everything from now on. The engine takes the memory back once nothing refers to the backend. */
  dispose(): void;
}

/** What a backend is made of. */
export interface Parts {
  readonly memory: Memory;
  readonly threads: Threads;
  readonly compiler: Compiler;
  /** Kernels that work on this memory. */
  readonly kernels: Readonly<Record<string, unknown>>;
  readonly description: string;
  readonly dispose: () => void;
}

export function assemble({ memory, threads, compiler, kernels, description, dispose }: Parts): WasmBackend {
  const runtime: Runtime = {
    memory,
    threads,
    compiler,
    kernel: (name) => {
      const kernel = kernels[name];
      if (typeof kernel !== 'function') throw new UnrollError('INVALID_ARGUMENT', `wasm: there is no kernel ${name}.`);
      return kernel as WasmFunction;
    },
  };
  const primitives: PrimitiveKernels = {
    ...elementwiseOps(runtime),
    ...broadcastingOps(runtime),
    ...matmulOps(runtime),
    ...reduceOps(runtime),
    ...movementOps(runtime),
    ...gatherOps(runtime),
  };
  return {
    name: 'wasm',
    description,
    primitives,
    fused: fusedOps(runtime, primitives),
    compileLoop: loopCompiler(runtime),
    upload: (data, signature) => memory.upload(data, signature),
    download: async (buffer) => memory.download(buffer),
    downloadSync: (buffer) => memory.download(buffer),
    share: (buffer) => memory.share(buffer),
    free: (buffer) => memory.free(buffer),
    memory: () => memory.statistics,
    dispose,
  };
}

/** backend-cpu behind the same interface. */
export function cpuInstead(reason: string): WasmBackend {
  const backend = cpu();
  let peakBytes = 0;
  return {
    ...backend,
    description: `backend-cpu in the place of backend-wasm, several times slower: ${reason}`,
    memory: () => {
      const statistics = backend.memory();
      // backend-cpu does not remember: this is the most that was seen when somebody asked.
      peakBytes = Math.max(peakBytes, statistics.liveBytes);
      return { ...statistics, peakBytes };
    },
    dispose: () => {},
  };
}
