import { UnrollError } from '@unroll/backend';
import { type WasmBackend, assemble, cpuInstead } from './backend.ts';
import { WARM_UP_MS, compareSpeed } from './compare-speed.ts';
import { type JoiningCompiler, joiningCompiler, plainCompiler } from './compiler.ts';
import { type Engine, type WasmFunction, type WasmInstance, type WasmModule, engine } from './engine.ts';
import { detectFeatures } from './features.ts';
import { type Arithmetic, EXACT, EXACT_IN_PAIRS, RELAXED, RELAXED_IN_PAIRS } from './kernels/gemm/tile.ts';
import { elementModule, productModule } from './kernels/modules.ts';
import { Memory } from './memory/memory.ts';
import { HEAP, SCRATCH } from './kernels/static-area.ts';
import { type Crew, crewFor } from './threads/crew.ts';
import { Pool, type PoolOptions, reservedBytes } from './threads/pool.ts';
import type { AnyWorker } from './threads/start-worker.ts';
import { oneThread } from './threads/threads.ts';

export interface WasmOptions {
  /** How large memory may become. Default: 4 GiB, the most there is. */
  readonly maximumBytes?: number;
  /**
   * Whether products may round once where the machine multiplies and adds in one step. Faster on many processors, but the last
   * bits then depend on the machine. Default: if it is clearly faster here, which a timing of some ten milliseconds shows.
   * `false` gives products of the same bits everywhere.
   */
  readonly relaxedSimd?: boolean;
  /**
   * Whether V8 is to join pairs of vectors of 128 bits to vectors of 256: products and loops then run at up to 1.8 times the speed and
   * give the same bits. V8 does that behind an experimental flag, which is set while this package compiles its own modules, and reset:
   * in Node 24 to 26, on x64 processors. Elsewhere, and where it is no faster, `onFallback` is told. V8 may end the process where a worker
   * starts at that very moment: this package starts its own before or after, so `wasmSync` has no wide vectors with threads; start yours
   * while nothing is computed. Default: false.
   */
  readonly wideVectors?: boolean;
  /**
   * Into how many parts large ops and the batch of a compiled loop are divided, which as many threads compute at the same time: never
   * more than the machine has cores, and one alone in a page that is not cross-origin isolated. The same number gives the same bits
   * wherever it runs; results for different numbers agree up to rounding. `Infinity`: as many as there are cores. Default: 1.
   */
  readonly threads?: number;
  /**
   * Makes the workers, where a bundler does not find the package's own file: a `Worker` of the browser or of `node:worker_threads` that
   * runs `@unroll/backend-wasm/worker` as a module.
   */
  readonly makeWorker?: () => AnyWorker;
  /**
   * Is told when backend-cpu takes the place of this one, fewer threads run than were asked for, or vectors stay narrow, and why.
   * Default: console.warn.
   */
  readonly onFallback?: (message: string) => void;
}

const FOUR_GIB = 2 ** 32;
/** A smaller gain may be chance, and equal bits on all machines are worth more. */
const CLEARLY = 1.15;

/** Whether `wideVectors` can be had here, as far as can be told without trying how fast they are. */
export function hasWideVectors(): boolean {
  const host = engine();
  return host !== undefined && typeof joiningCompiler(host) !== 'string';
}

type Bytes = Uint8Array<ArrayBuffer>;
type Exports = WasmInstance['exports'];

/** What is to be compiled, and what a backend is made of then. */
interface Plan {
  readonly host: Engine;
  readonly say: (reason: string) => void;
  /** What joins vectors, if it was asked for and is there. */
  readonly joining: JoiningCompiler | undefined;
  readonly memory: Memory;
  readonly crew: Crew;
  /** Workers that are starting. */
  readonly pool: Pool | undefined;
  readonly elements: Code;
  /** Candidates for matrix products: one or both. */
  readonly exact: Code | undefined;
  readonly relaxed: Code | undefined;
  /** Products without joined vectors, to measure what these gain. */
  readonly apart: Code | undefined;
  readonly whyOnlyOne: string;
  readonly compareSpeed: typeof compareSpeed;
}

/** The bytes of a module, and the module where it is compiled already. */
interface Code {
  readonly bytes: Bytes;
  readonly module?: WasmModule;
}

/**
 * A backend whose kernels are WebAssembly, written by this package when it is called: nothing is loaded or installed. Where the
 * engine has no WebAssembly SIMD, the result is backend-cpu behind the same interface, which `onFallback` and `description` say.
 * @throws UnrollError INVALID_ARGUMENT if `maximumBytes` or `threads` is no such number, or if relaxed SIMD is asked for and missing
 */
export async function wasm(options: WasmOptions = {}): Promise<WasmBackend> {
  return wasmOn(engine(), options);
}

/** What tests may set besides. */
interface TunedOptions extends WasmOptions, Pick<PoolOptions, 'leastWork'> {
  /** What stands in for the timings by which kernels are chosen. */
  readonly compareSpeed?: typeof compareSpeed;
}

/** `wasm` on a given engine, for tests. */
export async function wasmOn(host: Engine | undefined, options: TunedOptions = {}): Promise<WasmBackend> {
  const made = planOrFallback(host, options);
  if (!('elements' in made)) return made;
  const { elements, exact, relaxed } = made;
  const imports = importsOf(made);
  const instantiate = async (code: Code | undefined): Promise<Exports | undefined> =>
    code && (await host!.instantiate(code.module ?? (await host!.compile(code.bytes)), imports)).exports;
  try {
    const instances = Promise.all([elements, exact, relaxed].map(instantiate));
    const [exports] = await Promise.all([instances, made.pool?.ready()]);
    return finish(made, exports);
  } catch (error) {
    made.pool?.dispose();
    throw error;
  }
}

/**
 * `wasm` without waiting. Engines may refuse to compile synchronously on a page's main thread; workers and Node do it. Threads help as
 * soon as they have started.
 * @throws as `wasm` does
 */
export function wasmSync(options: WasmOptions = {}): WasmBackend {
  return wasmSyncOn(engine(), options);
}

/** `wasmSync` on a given engine, for tests. */
export function wasmSyncOn(host: Engine | undefined, options: TunedOptions = {}): WasmBackend {
  const made = planOrFallback(host, options, { isSync: true });
  if (!('elements' in made)) return made;
  const { elements, exact, relaxed } = made;
  made.pool?.detach();
  try {
    return finish(
      made,
      [elements, exact, relaxed].map((code) => code && instantiateNow(made, code)),
    );
  } catch (error) {
    made.pool?.dispose();
    throw error;
  }
}

function planOrFallback(
  host: Engine | undefined,
  options: TunedOptions,
  { isSync = false }: { readonly isSync?: boolean } = {},
): Plan | WasmBackend {
  const { maximumBytes = FOUR_GIB, relaxedSimd, wideVectors = false, onFallback = console.warn, threads = 1 } = options;
  if (!(maximumBytes > 0)) {
    throw new UnrollError('INVALID_ARGUMENT', `wasm: maximumBytes must be above 0, got ${maximumBytes}.`);
  }
  if (!(threads >= 1 && (Number.isInteger(threads) || threads === Infinity))) {
    throw new UnrollError('INVALID_ARGUMENT', `wasm: threads must be a whole number from 1 on, got ${threads}.`);
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

  const crew = crewFor(threads);
  const say = (reason: string): void => onFallback(`unroll: ${reason}.`);
  if (crew.whyFewer !== undefined) say(`${crew.workers + 1} of ${crew.parts} threads run: ${crew.whyFewer}`);
  const { workers, parts } = crew;
  // Loops would be compiled while the workers start.
  const whyNarrow = isSync && workers > 0 ? 'with several threads only `await wasm()` has them' : undefined;
  const found = wideVectors ? (whyNarrow ?? joiningCompiler(host)) : undefined;
  const joining = typeof found === 'string' ? undefined : found;
  if (typeof found === 'string') say(`vectors of 256 bits were asked for, and 128 bits it is: ${found}`);
  const memory = new Memory(
    host,
    maximumBytes,
    workers > 0 ? { shared: true, reservedBytes: reservedBytes(workers) } : {},
  );
  const { limits } = memory.linear;
  const asked = relaxedSimd ? 'asked for' : 'switched off';
  const isExact = relaxedSimd !== true;
  const isRelaxed = relaxedSimd !== false && features.relaxedSimd;
  const products = (plain: Arithmetic, inPairs: Arithmetic): Code => {
    if (!joining) return { bytes: productModule(limits, plain) };
    const bytes = productModule(limits, inPairs, joining);
    return { bytes, module: joining.compile(bytes) };
  };
  const productsApart = (): Code | undefined => {
    if (!joining) return undefined;
    const bytes = productModule(limits, isExact ? EXACT : RELAXED);
    return { bytes, module: joining.compileApart(bytes) };
  };
  const codes = {
    elements: { bytes: elementModule(limits) },
    exact: isExact ? products(EXACT, EXACT_IN_PAIRS) : undefined,
    relaxed: isRelaxed ? products(RELAXED, RELAXED_IN_PAIRS) : undefined,
    apart: productsApart(),
  };
  // Not before: V8 can't start threads while its flags are changed, as they are to join vectors.
  const pool = workers > 0 ? new Pool({ ...options, memory, start: HEAP, parts, workers, onFewer: say }) : undefined;
  return {
    ...codes,
    host,
    say,
    joining,
    memory,
    crew,
    pool,
    whyOnlyOne: relaxedSimd === undefined ? 'not in this engine' : asked,
    compareSpeed: options.compareSpeed ?? compareSpeed,
  };
}

function instantiateNow(plan: Plan, { bytes, module }: Code): Exports {
  const { host } = plan;
  return new host.Instance(module ?? plainCompiler(host).compile(bytes), importsOf(plan)).exports;
}

function importsOf({ memory }: Plan): { readonly env: Readonly<Record<string, unknown>> } {
  return { env: { memory: memory.linear.memory, scratch: SCRATCH } };
}

function finish(plan: Plan, [elements, exact, relaxed]: readonly (Exports | undefined)[]): WasmBackend {
  const { host, say, joining, memory, crew, pool, whyOnlyOne } = plan;
  const speedup = (slow: Exports, fast: Exports): number => {
    const [first, second] = [slow, fast].map((exports) => exports['multiply.float32'] as WasmFunction);
    return plan.compareSpeed(memory, first!, second!, joining ? 0 : WARM_UP_MS);
  };
  let products = { exports: (exact ?? relaxed)!, bytes: (plan.exact ?? plan.relaxed)!.bytes };
  let compiler = plainCompiler(host);
  let vectors = '';
  if (joining && plan.apart) {
    const apart = instantiateNow(plan, plan.apart);
    const gain = speedup(apart, products.exports);
    if (gain >= CLEARLY) {
      compiler = joining;
      vectors = ` in vectors of 256 bits (${gain.toFixed(2)} × the speed of 128)`;
    } else {
      products = { exports: apart, bytes: plan.apart.bytes };
      say(`vectors of 256 bits gain too little here, and 128 bits it is: ${gain.toFixed(2)} × the speed`);
    }
  }
  let reason = whyOnlyOne;
  if (exact && relaxed) {
    const gain = speedup(products.exports, relaxed);
    if (gain >= CLEARLY) products = { exports: relaxed, bytes: plan.relaxed!.bytes };
    reason = `${gain >= CLEARLY ? 'used' : 'not used'}, ${gain.toFixed(2)} × the speed of exact rounding`;
  }
  pool?.add(plan.elements.bytes, elements!);
  pool?.add(products.bytes, products.exports);
  return assemble({
    memory,
    threads: pool ?? oneThread(crew.parts),
    compiler,
    kernels: { ...elements, ...products.exports },
    description: `WebAssembly SIMD${vectors}, ${threadsOf(plan)}; relaxed SIMD: ${reason}`,
    dispose: () => {
      pool?.dispose();
      memory.dispose();
    },
  });
}

function threadsOf({ crew, pool }: Plan): string {
  const running = pool?.threads ?? 1;
  if (running !== crew.parts) return `${running} of ${crew.parts} threads`;
  return running === 1 ? 'one thread' : `${running} threads`;
}
