import { UnrollError } from '@unroll/backend';
import { type WasmBackend, assemble, cpuInstead } from './backend.ts';
import { compareSpeed } from './compare-speed.ts';
import { type Engine, type WasmFunction, type WasmInstance, engine } from './engine.ts';
import { detectFeatures } from './features.ts';
import { EXACT, RELAXED } from './kernels/gemm/tile.ts';
import { elementModule, productModule } from './kernels/modules.ts';
import { Memory } from './memory/memory.ts';

export interface WasmOptions {
  /** How large memory may become. Default: 4 GiB, the most there is. */
  readonly maximumBytes?: number;
  /**
   * Whether products may round once where the machine multiplies and adds in one step. Faster on many processors, but the last
   * bits then depend on the machine. Default: if it is clearly faster here, which a timing of some ten milliseconds shows.
   * `false` gives products of the same bits everywhere.
   */
  readonly relaxedSimd?: boolean;
  /** Is told when backend-cpu takes the place of this one, and why. Default: console.warn. */
  readonly onFallback?: (message: string) => void;
}

const FOUR_GIB = 2 ** 32;
/** A smaller gain may be chance, and equal bits on all machines are worth more. */
const CLEARLY = 1.15;

type Bytes = Uint8Array<ArrayBuffer>;
type Exports = WasmInstance['exports'];

/** What is to be compiled, and what a backend is made of then. */
interface Plan {
  readonly memory: Memory;
  readonly elements: Bytes;
  /** Candidates for matrix products: one or both. */
  readonly exact: Bytes | undefined;
  readonly relaxed: Bytes | undefined;
  readonly whyOnlyOne: string;
}

/**
 * A backend whose kernels are WebAssembly, written by this package when it is called: nothing is loaded or installed. Where the
 * engine has no WebAssembly SIMD, the result is backend-cpu behind the same interface, which `onFallback` and `description` say.
 * @throws UnrollError INVALID_ARGUMENT if `maximumBytes` is no size, or if relaxed SIMD is asked for and missing
 */
export async function wasm(options: WasmOptions = {}): Promise<WasmBackend> {
  return wasmOn(engine(), options);
}

/** `wasm` on a given engine, for tests. */
export async function wasmOn(host: Engine | undefined, options: WasmOptions = {}): Promise<WasmBackend> {
  const made = planOrFallback(host, options);
  if (!('elements' in made)) return made;
  const { elements, exact, relaxed } = made;
  const imports = importsOf(made);
  const instantiate = async (bytes: Bytes | undefined): Promise<Exports | undefined> =>
    bytes && (await host!.instantiate(await host!.compile(bytes), imports)).exports;
  return finish(made, await Promise.all([elements, exact, relaxed].map(instantiate)));
}

/**
 * `wasm` without waiting. Engines may refuse to compile synchronously on a page's main thread; workers and Node do it.
 * @throws as `wasm` does
 */
export function wasmSync(options: WasmOptions = {}): WasmBackend {
  const host = engine();
  const made = planOrFallback(host, options);
  if (!('elements' in made)) return made;
  const { elements, exact, relaxed } = made;
  const imports = importsOf(made);
  const instantiate = (bytes: Bytes | undefined): Exports | undefined =>
    bytes && new host!.Instance(new host!.Module(bytes), imports).exports;
  return finish(made, [elements, exact, relaxed].map(instantiate));
}

function planOrFallback(host: Engine | undefined, options: WasmOptions): Plan | WasmBackend {
  const { maximumBytes = FOUR_GIB, relaxedSimd, onFallback = console.warn } = options;
  if (!(maximumBytes > 0)) {
    throw new UnrollError('INVALID_ARGUMENT', `wasm: maximumBytes must be above 0, got ${maximumBytes}.`);
  }
  const fallback = (reason: string): WasmBackend => {
    const backend = cpuInstead(reason);
    onFallback(`unroll: ${backend.description}.`);
    return backend;
  };
  if (!host) return fallback('this engine has no WebAssembly');
  const features = detectFeatures(host);
  if (!features.simd) return fallback('this engine has no WebAssembly SIMD');
  if (relaxedSimd === true && !features.relaxedSimd) {
    throw new UnrollError('INVALID_ARGUMENT', 'wasm: this engine has no relaxed SIMD. Leave relaxedSimd out.');
  }

  const memory = new Memory(host, maximumBytes);
  const { limits } = memory.linear;
  const asked = relaxedSimd ? 'asked for' : 'switched off';
  return {
    memory,
    elements: elementModule(limits),
    exact: relaxedSimd === true ? undefined : productModule(limits, EXACT),
    relaxed: relaxedSimd === false || !features.relaxedSimd ? undefined : productModule(limits, RELAXED),
    whyOnlyOne: relaxedSimd === undefined ? 'not in this engine' : asked,
  };
}

function importsOf({ memory }: Plan): { readonly env: Readonly<Record<string, unknown>> } {
  return { env: { memory: memory.linear.memory } };
}

function finish(
  { memory, whyOnlyOne }: Plan,
  [elements, exact, relaxed]: readonly (Exports | undefined)[],
): WasmBackend {
  let products = exact ?? relaxed;
  let reason = whyOnlyOne;
  if (exact && relaxed) {
    const [plain, fused] = [exact, relaxed].map((exports) => exports['multiply.float32'] as WasmFunction);
    const speedup = compareSpeed(memory, plain!, fused!, () => performance.now());
    products = speedup >= CLEARLY ? relaxed : exact;
    reason = `${speedup >= CLEARLY ? 'used' : 'not used'}, ${speedup.toFixed(2)} × the speed of exact rounding`;
  }
  return assemble(memory, { ...elements, ...products }, `WebAssembly SIMD, one thread; relaxed SIMD: ${reason}`);
}
