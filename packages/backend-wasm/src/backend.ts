import { type Backend, type Buffer, type PrimitiveKernels, type TypedArray, UnrollError } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { time } from './choose-arithmetic.ts';
import { type Engine, type WasmFunction, type WasmInstance, engine } from './engine.ts';
import { detectFeatures } from './features.ts';
import { EXACT, RELAXED } from './kernels/gemm/tile.ts';
import { elementModule, productModule } from './kernels/modules.ts';
import { Memory, type MemoryStatistics } from './memory/memory.ts';
import { broadcastingOps } from './ops/broadcasting.ts';
import { elementwiseOps } from './ops/elementwise.ts';
import { gatherOps } from './ops/gather.ts';
import { matmulOps } from './ops/matmul.ts';
import { movementOps } from './ops/movement.ts';
import { reduceOps } from './ops/reduce.ts';
import type { Runtime } from './ops/runtime.ts';

export interface WasmOptions {
  /** How large memory may become. Default: 4 GiB, the most there is. */
  readonly maximumBytes?: number;
  /**
   * Whether products may round once where the machine can multiply and add in one step. Faster on many processors, but the last
   * bits then depend on the machine. Default: if it is faster here, which a timing of some milliseconds shows. `false` gives the
   * same bits everywhere.
   */
  readonly relaxedSimd?: boolean;
  /** Is told when another backend takes the place of this one, and why. Default: console.warn. */
  readonly onFallback?: (message: string) => void;
}

/** A backend that reads without waiting. */
export interface WasmBackend extends Backend {
  downloadSync(buffer: Buffer): TypedArray;
  /** What runs, and why: for logs and reports. */
  readonly description: string;
  /** What is held at the moment, for tests and reports. */
  memory(): MemoryStatistics;
  /** Refuses everything from now on. The engine takes the memory back once nothing refers to the backend. */
  dispose(): void;
}

const FOUR_GIB = 2 ** 32;
/** Below this the timing may be chance, and equal bits are worth more. */
const WORTHWHILE = 1.05;

/**
 * A backend whose kernels are WebAssembly, written by this package when it is called: nothing is loaded or installed. Where the
 * engine has no WebAssembly SIMD, the result is backend-cpu behind the same interface, which `onFallback` and `description` say.
 * @throws UnrollError INVALID_ARGUMENT if `maximumBytes` is no size, or if relaxed SIMD is asked for and missing
 */
export async function wasm(options: WasmOptions = {}): Promise<WasmBackend> {
  return wasmOn(engine(), options);
}

/** The same on a given engine, for tests. */
export async function wasmOn(host: Engine | undefined, options: WasmOptions = {}): Promise<WasmBackend> {
  const { maximumBytes = FOUR_GIB, relaxedSimd, onFallback = console.warn } = options;
  if (!(maximumBytes > 0)) {
    throw new UnrollError('INVALID_ARGUMENT', `wasm: maximumBytes must be above 0, got ${maximumBytes}.`);
  }
  if (!host) return fallback('this engine has no WebAssembly', onFallback);
  const features = detectFeatures(host);
  if (!features.simd) return fallback('this engine has no WebAssembly SIMD', onFallback);
  if (relaxedSimd === true && !features.relaxedSimd) {
    throw new UnrollError('INVALID_ARGUMENT', 'wasm: this engine has no relaxed SIMD. Leave relaxedSimd out.');
  }

  const memory = new Memory(host, maximumBytes);
  const instantiate = async (bytes: Uint8Array<ArrayBuffer>): Promise<WasmInstance> =>
    host.instantiate(await host.compile(bytes), { env: { memory: memory.linear.memory } });
  const { limits } = memory.linear;
  const elements = instantiate(elementModule(limits));
  const exact = relaxedSimd === true ? undefined : instantiate(productModule(limits, EXACT));
  const tryRelaxed = features.relaxedSimd && relaxedSimd !== false;
  const relaxed = tryRelaxed ? instantiate(productModule(limits, RELAXED)) : undefined;
  const products = choose(memory, await exact, await relaxed);

  const kernels: Readonly<Record<string, unknown>> = { ...(await elements).exports, ...products.instance.exports };
  const reason = relaxedSimd === false ? 'relaxed SIMD: switched off' : products.reason;
  return assemble(memory, kernels, `WebAssembly SIMD, one thread; ${reason}`);
}

function choose(
  memory: Memory,
  exact: WasmInstance | undefined,
  relaxed: WasmInstance | undefined,
): { readonly instance: WasmInstance; readonly reason: string } {
  if (!exact) return { instance: relaxed!, reason: 'relaxed SIMD: asked for' };
  if (!relaxed) return { instance: exact, reason: 'relaxed SIMD: not in this engine' };
  const [plain, fused] = [exact, relaxed].map(({ exports }) => exports['multiply.float32'] as WasmFunction);
  const { speedup } = time(memory, plain!, fused!, () => performance.now());
  const chosen = speedup >= WORTHWHILE;
  const measured = `${speedup.toFixed(2)} × the speed of exact rounding`;
  return { instance: chosen ? relaxed : exact, reason: `relaxed SIMD: ${chosen ? 'used' : 'not used'}, ${measured}` };
}

function assemble(memory: Memory, kernels: Readonly<Record<string, unknown>>, description: string): WasmBackend {
  const runtime: Runtime = {
    memory,
    kernel: (name) => {
      const kernel = kernels[name];
      if (typeof kernel !== 'function') throw new UnrollError('INVALID_ARGUMENT', `wasm: no kernel ${name}`);
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
    upload: (data, signature) => memory.upload(data, signature),
    download: async (buffer) => memory.download(buffer),
    downloadSync: (buffer) => memory.download(buffer),
    share: (buffer) => memory.share(buffer),
    free: (buffer) => memory.free(buffer),
    memory: () => memory.statistics,
    dispose: () => memory.dispose(),
  };
}

function fallback(reason: string, onFallback: (message: string) => void): WasmBackend {
  const description = `backend-cpu in the place of backend-wasm, some ten times slower: ${reason}`;
  onFallback(`unroll: ${description}.`);
  const backend = cpu();
  let peakBytes = 0;
  return {
    ...backend,
    description,
    memory: () => {
      const statistics = backend.memory();
      // backend-cpu keeps no account of its own: the most that was seen when asked.
      peakBytes = Math.max(peakBytes, statistics.liveBytes);
      return { ...statistics, peakBytes };
    },
    dispose: () => {},
  };
}
