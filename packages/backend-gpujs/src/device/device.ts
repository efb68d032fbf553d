import { UnrollError } from '@unroll/backend';
import { type GpuJs, type RawGpu, type RawKernel, type RawResult } from '../gpujs.ts';
import type { Mode } from '../modes.ts';
import { type Guard, guardFor } from './guards.ts';
import { type Components, Handle, type Storage, storageOf } from './handle.ts';
import { type CompileTime, KernelCache, type KernelEntry, destroyIfUnused } from './kernel-cache.ts';
import { type NativeSource, nativeParts } from './native-source.ts';
import { type KernelSource, type Layout, helpersFor, layoutOf, withPlace } from './kernel-source.ts';
import { Queue } from './queue.ts';
import { flatten } from './rows.ts';

/** What runs and is held, for tests and reports. */
export interface DeviceStatistics {
  /** Kernels that were run. */
  readonly dispatches: number;
  readonly uploads: number;
  readonly downloads: number;
  /** Compiled kernels that are kept, and that were ever made. */
  readonly kernels: number;
  readonly compiled: number;
  readonly compileMilliseconds: number;
  /** Handles that have not been freed. */
  readonly handles: number;
  /** Textures or buffers behind them, and their bytes. */
  readonly textures: number;
  readonly bytes: number;
}

/** How a device is made. */
export interface DeviceOptions {
  readonly library: GpuJs;
  readonly mode: Mode;
  /** The most compiled kernels that are kept. */
  readonly kernels: number;
  /** The most bytes of outputs that those hold on to. */
  readonly kernelBytes: number;
  /** Less than the device's longest side of a texture, for tests of what happens beyond it. */
  readonly sideLimit?: number;
}

/** WebGPU takes 8 storage buffers, the output included; a GL context with too many textures computes wrong numbers. */
const MOST_INPUTS = 7;

const SETTINGS = {
  precision: 'single',
  // Without it floats may be `lowp`, which on a phone is 16 bits.
  tactic: 'precision',
  pipeline: true,
  // Else the next call writes over an earlier result.
  immutable: true,
  // 1000 by default, at which a loop bounded by data would stop without a word.
  loopMaxIterations: 0x7fffffff,
} as const;

/** Memory and kernels of one instance of GPU.js. Calls return at once; where the library answers later, they wait in a queue. */
export class Device {
  readonly mode: Mode;
  /** Whether textures are WebGL's, calls run at once, and reading need not wait. */
  readonly gl: boolean;
  /** Whether inputs may have texels of 2 or 4 components. Outputs may everywhere; `asScalars` makes inputs of them. */
  readonly vectors: boolean;
  readonly #library: GpuJs;
  readonly #gpu: RawGpu;
  readonly #queue: Queue | undefined;
  readonly #kernels: KernelCache;
  readonly #guard: Guard;
  readonly #sideLimit: number;
  #dispatches = 0;
  #uploads = 0;
  #downloads = 0;
  #handles = 0;
  #textures = 0;
  #bytes = 0;
  #disposed = false;

  constructor({ library, mode, kernels, kernelBytes, sideLimit = Infinity }: DeviceOptions) {
    this.mode = mode;
    this.gl = mode === 'webgl2' || mode === 'headlessgl';
    this.vectors = this.gl;
    this.#library = library;
    this.#gpu = new library.GPU({ mode });
    this.#queue = mode === 'webgpu' ? new Queue() : undefined;
    this.#kernels = new KernelCache({ limit: kernels, bytes: kernelBytes });
    this.#guard = guardFor(this.#gpu, mode, (error) => this.#queue?.fail(error));
    this.#sideLimit = sideLimit;
  }

  /** The longest side of a texture. */
  get sideLimit(): number {
    return Math.min(this.#sideLimit, this.#guard.sideLimit);
  }

  get statistics(): DeviceStatistics {
    return {
      dispatches: this.#dispatches,
      uploads: this.#uploads,
      downloads: this.#downloads,
      kernels: this.#kernels.size,
      compiled: this.#kernels.made,
      compileMilliseconds: this.compileTimes().reduce((sum, { milliseconds }) => sum + milliseconds, 0),
      handles: this.#handles,
      textures: this.#textures,
      bytes: this.#bytes,
    };
  }

  /** What compiling took, by the names of kernels, the longest first. On WebGPU the wait for the device's compiler included. */
  compileTimes(): readonly CompileTime[] {
    return this.#kernels.times();
  }

  /**
   * Computes `width` × `rows` elements.
   * @throws UnrollError INVALID_ARGUMENT for a kernel that no device can run, OUT_OF_MEMORY where no texture is so large
   */
  run(source: KernelSource, inputs: readonly Handle[], scalars: readonly number[] = []): Handle {
    const storages = inputs.map((input) => storageOf(input, 'read'));
    check(source, inputs, scalars, this.vectors);
    const layout = this.#layout(source.name, source.width, source.rows);
    const length = source.width * source.rows;
    if (length === 0) return this.#empty(source.components);
    const entry = this.#kernels.get(keyOf(source, storages, this.mode), () => this.#compile(source, layout, storages));
    const handle = new Handle(this.#storage(layout, source.components, entry), length, source.components);
    this.#dispatches++;
    try {
      this.#call(source.name, entry, storages, scalars, handle.storage!);
    } catch (error) {
      this.free(handle);
      throw error;
    }
    return handle;
  }

  /** How many outputs a kernel in GLSL may have; 0 where there are none. */
  get nativeOutputs(): number {
    return this.mode === 'webgl2' ? this.#guard.outputLimit : 0;
  }

  /**
   * Computes all outputs of a kernel in GLSL, on WebGL 2.
   * @throws UnrollError INVALID_ARGUMENT elsewhere, or for more than the device has
   */
  runNative(source: NativeSource, inputs: readonly Handle[]): readonly Handle[] {
    const storages = inputs.map((input) => storageOf(input, 'read'));
    this.#alive(source.name);
    checkNative(source, inputs, this.nativeOutputs, this.sideLimit);
    const { name, width, rows, components, outputs } = source;
    const entry = this.#kernels.get(`native|${keyOf({ ...source, source: source.glsl }, storages, this.mode)}`, () =>
      this.#compileNative(source),
    );
    this.#dispatches++;
    const made = Array.from({ length: outputs }, () => this.#storage({ width, rows }, components, entry));
    const first = (result: unknown): unknown =>
      outputs === 1 ? result : (result as { readonly result: unknown }).result;
    try {
      const args = storages.map(({ raw }) => raw);
      const result = this.#timed(entry, () => entry.kernel(...args)) as Readonly<Record<string, unknown>>;
      for (const [i, storage] of made.entries()) {
        storage.raw = this.#guard.checkResult(name, i === 0 ? first(result) : result[`more${i}`]);
      }
    } catch (cause) {
      throw failed(name, cause);
    }
    return made.map((storage) => new Handle(storage, source.length ?? width * rows, components));
  }

  /** Copies host data to the device. */
  upload(data: Float32Array): Handle {
    this.#alive('upload');
    if (data.length === 0) return this.#empty(1);
    this.#uploads++;
    // Up to a side, one row: that is what vectors and small matrices are, and they share kernels.
    const layout = this.#layout('upload', data.length, 1);
    const padded = new Float32Array(layout.width * layout.rows);
    padded.set(data);
    if (this.mode === 'cpu' || this.mode === 'webasm') {
      const storage = this.#storage(layout, 1, undefined);
      storage.raw = padded;
      return new Handle(storage, data.length, 1);
    }
    const entry = this.#uploader(layout);
    const storage = this.#storage(layout, 1, entry);
    const input = this.#library.input(padded, [layout.width, layout.rows]);
    this.#guard.checkAlive();
    const go = (): unknown => entry.kernel(input);
    if (this.#queue) {
      this.#queue.run(async () => {
        storage.raw = this.#result('upload', await this.#timed(entry, go), storage);
      });
    } else {
      storage.raw = this.#result('upload', this.#timed(entry, go), storage);
    }
    return new Handle(storage, data.length, 1);
  }

  /** The numbers of a handle, after everything called before. */
  async download(handle: Handle): Promise<Float32Array> {
    const storage = storageOf(handle, 'downloaded');
    this.#downloads++;
    if (!this.#queue) return this.#read(handle, storage);
    if (handle.length === 0) return new Float32Array(0);
    const rows = await this.#queue.read(async () => {
      this.#guard.checkAlive();
      return (storage.raw as RawResult).toArray!();
    });
    if (this.#queue.error !== undefined) throw this.#queue.error;
    return flatten(rows, handle.length * handle.components, storage.components);
  }

  /** The same without waiting. Missing on WebGPU, where it cannot be had. */
  get downloadSync(): ((handle: Handle) => Float32Array) | undefined {
    if (this.#queue) return undefined;
    return (handle) => {
      this.#downloads++;
      return this.#read(handle, storageOf(handle, 'downloaded'));
    };
  }

  /** A second handle to the same memory. */
  share(handle: Handle): Handle {
    const storage = storageOf(handle, 'shared');
    storage.handles++;
    this.#handles++;
    return new Handle(storage, handle.length, handle.components);
  }

  /** Gives a handle back; the memory goes with its last one, when all calls before have used it. */
  free(handle: Handle): void {
    const storage = storageOf(handle, 'freed again');
    handle.storage = undefined;
    this.#handles--;
    if (--storage.handles > 0) return;
    this.#bytes -= storage.bytes;
    if (storage.bytes > 0) this.#textures--;
    const release = (): void => {
      const { raw, maker } = storage;
      storage.raw = undefined;
      // All that the library held went when the device was disposed of.
      if (this.#disposed) return;
      if (raw && !(raw instanceof Float32Array)) raw.delete?.();
      if (maker) {
        maker.live--;
        destroyIfUnused(maker);
      }
    };
    if (this.#queue) this.#queue.always(release);
    else release();
  }

  /** Texels of several components as scalars, in their order; the given handle stays as it is. */
  asScalars(handle: Handle): Handle {
    if (handle.components === 1) return this.share(handle);
    const storage = storageOf(handle, 'read');
    const length = handle.length * handle.components;
    if (this.gl) return this.run(unpacking(handle.length, handle.components), [handle]);
    if (!this.#queue) {
      // On the host they lie as scalars already.
      storage.handles++;
      this.#handles++;
      return new Handle(storage, length, 1);
    }
    const wide = { width: storage.width * handle.components, rows: storage.rows };
    const scalars = this.#storage(wide, 1, storage.maker);
    this.#queue.run(() => {
      scalars.raw = this.#guard.asScalars(this.#library, storage.raw as RawResult, handle.components, wide);
    });
    return new Handle(scalars, length, 1);
  }

  /**
   * Has `values` looked at before anything called later runs: at once, or on WebGPU in the queue, which an error that `look` throws
   * poisons.
   */
  inspect(handle: Handle, look: (values: Float32Array) => void): void {
    if (!this.#queue) {
      look(this.#read(handle, storageOf(handle, 'read')));
      return;
    }
    const storage = storageOf(handle, 'read');
    this.#queue.run(async () => {
      const rows = await (storage.raw as RawResult).toArray!();
      look(flatten(rows, handle.length, 1));
    });
  }

  /** What runs the kernels, as the driver calls it; known once something ran. */
  async describe(): Promise<string> {
    const handle = this.upload(Float32Array.of(1));
    await this.download(handle);
    const name = await this.#guard.describe(this.#library);
    this.free(handle);
    return name;
  }

  /** Frees all that the library holds. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#queue?.settled();
    this.#kernels.clear();
    await this.#gpu.destroy();
  }

  #alive(op: string): void {
    if (this.#disposed) {
      throw new UnrollError(
        'USE_AFTER_DISPOSE',
        `gpujs: ${op}: the backend was disposed of. Make another with gpujs().`,
      );
    }
  }

  #empty(components: Components): Handle {
    return new Handle(this.#storage({ width: 0, rows: 0 }, components, undefined), 0, components);
  }

  #storage(
    size: { readonly width: number; readonly rows: number },
    components: Components,
    maker: KernelEntry | undefined,
  ): Storage {
    const bytes = size.width * size.rows * components * 4;
    if (maker) maker.live++;
    this.#handles++;
    if (bytes > 0) this.#textures++;
    this.#bytes += bytes;
    return { raw: undefined, width: size.width, rows: size.rows, components, bytes, handles: 1, maker };
  }

  #layout(name: string, width: number, rows: number): Layout {
    this.#alive(name);
    const layout = layoutOf(width, rows, this.sideLimit, this.mode === 'webgpu');
    if (!layout) {
      throw new UnrollError(
        'OUT_OF_MEMORY',
        `${name}: ${width * rows} elements do not fit in a texture of at most ${this.sideLimit} × ${this.sideLimit}. Use a smaller batch.`,
      );
    }
    return layout;
  }

  #compile(source: KernelSource, layout: Layout, inputs: readonly Storage[]): Omit<KernelEntry, 'live' | 'evicted'> {
    const text = withPlace(source.source, layout);
    const constants = source.constants ?? {};
    const texture = this.gl ? (n: Components) => `ArrayTexture(${n})` : () => (this.#queue ? 'WebGPUBuffer' : 'Array');
    const types = [
      ...inputs.map(({ components }) => texture(components)),
      ...(source.scalars ?? []).map((kind) => (kind === 'integer' ? 'Integer' : 'Float')),
    ];
    const kernel = this.#gpu.createKernel(text, {
      ...SETTINGS,
      output: layout.linear ? [layout.width] : [layout.width, layout.rows],
      functions: helpersFor(text),
      constants,
      constantTypes: Object.fromEntries(Object.keys(constants).map((name) => [name, 'Integer'])),
      argumentTypes: Object.fromEntries(types.map((type, i) => [`_${i}`, type])),
      ...(source.components > 1 && { returnType: `Array(${source.components})` }),
    });
    return { name: source.name, kernel, bytes: layout.width * layout.rows * source.components * 4 };
  }

  #compileNative(source: NativeSource): Omit<KernelEntry, 'live' | 'evicted'> {
    const parts = nativeParts(source);
    const settings = {
      ...SETTINGS,
      output: [source.width, source.rows],
      argumentTypes: Object.fromEntries(source.inputs.map((n, i) => [`_${i}`, `ArrayTexture(${n})`])),
      nativeFunctions: parts.functions,
      injectedNative: parts.globals,
      ...(source.components === 4 && { returnType: 'Array(4)' }),
    };
    const kernel =
      source.outputs === 1
        ? this.#gpu.createKernel(parts.source, settings)
        : this.#gpu.createKernelMap(parts.more, parts.source, settings);
    return { name: source.name, kernel, bytes: source.width * source.rows * source.components * 4 * source.outputs };
  }

  /** One kernel for all uploads of one size: a kernel takes one kind of argument, for life. */
  #uploader({ width, rows, linear = false }: Layout): KernelEntry {
    return this.#kernels.get(`upload|${width}x${rows}`, () => ({
      name: 'upload',
      kernel: this.#gpu.createKernel(
        linear
          ? 'function(a){return a[this.thread.x];}'
          : `function(a){return a[this.thread.y*${width}+this.thread.x];}`,
        {
          ...SETTINGS,
          output: linear ? [width] : [width, rows],
          argumentTypes: { a: 'Input' },
        },
      ),
      bytes: width * rows * 4,
    }));
  }

  #call(
    name: string,
    entry: KernelEntry,
    inputs: readonly Storage[],
    scalars: readonly number[],
    storage: Storage,
  ): void {
    if (!this.#queue) {
      const args = inputs.map(({ raw }) => raw);
      try {
        storage.raw = this.#result(
          name,
          this.#timed(entry, () => entry.kernel(...args, ...scalars)),
          storage,
        );
      } catch (cause) {
        throw failed(name, cause);
      }
      return;
    }
    const numbers = [...scalars];
    this.#queue.run(async () => {
      try {
        const args = inputs.map(({ raw }) => raw);
        storage.raw = this.#result(name, await this.#timed(entry, () => entry.kernel(...args, ...numbers)), storage);
      } catch (cause) {
        throw failed(name, cause);
      }
    });
  }

  readonly #warm = new WeakSet<RawKernel>();

  /** Calls a kernel, and counts what its first call takes, in which it is compiled. */
  #timed(entry: KernelEntry, call: () => unknown): unknown {
    if (this.#warm.has(entry.kernel)) return call();
    const start = performance.now();
    const done = (result: unknown): unknown => {
      this.#kernels.timed(entry.name, performance.now() - start);
      this.#guard.checkMode(entry.name, entry.kernel);
      this.#warm.add(entry.kernel);
      return result;
    };
    const result = call();
    return result instanceof Promise ? result.then(done) : done(result);
  }

  #result(name: string, result: unknown, storage: Storage): RawResult | Float32Array {
    if (this.mode === 'cpu' || this.mode === 'webasm') {
      return flatten(result, storage.width * storage.rows * storage.components, storage.components);
    }
    return this.#guard.checkResult(name, result);
  }

  #read(handle: Handle, storage: Storage): Float32Array {
    this.#alive('download');
    if (handle.length === 0) return new Float32Array(0);
    const length = handle.length * handle.components;
    if (storage.raw instanceof Float32Array) return storage.raw.slice(0, length);
    this.#guard.checkAlive();
    const values = flatten(storage.raw!.toArray!(), length, storage.components);
    // A context that is lost meanwhile gives zeros.
    this.#guard.checkAlive();
    return values;
  }
}

/** Array(n) → n scalars, in GL: a texel is read once for each. */
function unpacking(length: number, components: Components): KernelSource {
  const last = components - 1;
  let pick = `v[${last}]`;
  for (let c = last - 1; c >= 0; c--) pick = `(column===${c}?v[${c}]:${pick})`;
  return {
    name: 'asScalars',
    source: `function(a){const v=a[row];return ${pick};}`,
    width: components,
    rows: length,
    components: 1,
    inputs: [components],
  };
}

function keyOf(
  source: Pick<KernelSource, 'width' | 'rows' | 'components' | 'constants' | 'source'>,
  inputs: readonly Storage[],
  mode: Mode,
): string {
  const constants = source.constants ? JSON.stringify(source.constants) : '';
  // On WebGPU the sizes of inputs are arguments, elsewhere part of the program.
  const sizes = inputs.map((input) => (mode === 'webgpu' ? '' : `${input.width}x${input.rows}.${input.components}`));
  return `${source.width}x${source.rows}.${source.components}|${sizes.join(',')}|${constants}|${source.source}`;
}

function check(source: KernelSource, inputs: readonly Handle[], scalars: readonly number[], vectors: boolean): void {
  const refuse = (what: string): never => {
    throw new UnrollError('INVALID_ARGUMENT', `gpujs: kernel ${source.name}: ${what}`);
  };
  if (inputs.length > MOST_INPUTS) {
    refuse(
      `takes ${inputs.length} arrays, and a device may not take more than ${MOST_INPUTS}. Make it several kernels.`,
    );
  }
  if (inputs.length !== source.inputs.length) refuse(`takes ${source.inputs.length} arrays, got ${inputs.length}.`);
  if (scalars.length !== (source.scalars?.length ?? 0)) {
    refuse(`takes ${source.scalars?.length ?? 0} numbers, got ${scalars.length}.`);
  }
  for (const [i, { length, components }] of inputs.entries()) {
    if (components !== source.inputs[i]) {
      refuse(`array ${i} has ${components} components instead of ${source.inputs[i]}. Use asScalars.`);
    }
    if (components !== 1 && !vectors)
      refuse(`array ${i} has ${components} components, which this mode cannot read. Use asScalars.`);
    if (length === 0 && source.width * source.rows > 0) refuse(`array ${i} is empty.`);
  }
}

function checkNative(source: NativeSource, inputs: readonly Handle[], outputs: number, limit: number): void {
  const { name, width, rows } = source;
  const refuse = (what: string): never => {
    throw new UnrollError('INVALID_ARGUMENT', `gpujs: kernel ${name}: ${what}`);
  };
  if (source.outputs > outputs) refuse(`has ${source.outputs} outputs, this mode allows ${outputs} in GLSL.`);
  if (width > limit || rows > limit) refuse(`${width} × ${rows} is more than the longest side, ${limit}.`);
  for (const [i, { components }] of inputs.entries()) {
    if (components === source.inputs[i]) continue;
    refuse(`array ${i} has ${components} components instead of ${source.inputs[i]}.`);
  }
}

function failed(name: string, cause: unknown): UnrollError {
  if (cause instanceof UnrollError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new UnrollError('DEVICE_FAILED', `gpujs: ${name} failed on the device: ${message}`, { cause });
}
