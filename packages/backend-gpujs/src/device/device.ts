import type { GpuJs, RawGpu, RawResult } from '../gpujs.ts';
import type { Mode } from '../modes.ts';
import { Calls } from './calls.ts';
import { checkCall, checkNative, disposedOf, tooManyElements } from './checks.ts';
import { compileKernel, compileNative, compileUpload, keyOf, keyOfUpload } from './compile.ts';
import { type Components, type Handle, type Storage, storageOf } from './handle.ts';
import { Holdings } from './holdings.ts';
import { type CompileTime, KernelCache } from './kernel-cache.ts';
import { type KernelSource, type Layout, layoutOf } from './kernel-source.ts';
import type { NativeSource } from './native-source.ts';
import type { DeviceOptions } from './options.ts';
import { type Platform, platformFor } from './platforms/index.ts';
import { Queue } from './queue.ts';
import { flatten } from './rows.ts';
import type { DeviceStatistics } from './statistics.ts';
import { unpacking } from './unpacking.ts';

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
  readonly #platform: Platform;
  readonly #calls: Calls;
  readonly #sideLimit: number;
  #dispatches = 0;
  #uploads = 0;
  #downloads = 0;
  readonly #holdings: Holdings;
  #disposal: Promise<void> | undefined;
  /** What the library held is gone. */
  #isGone = false;

  constructor({ library, mode, kernels, kernelBytes, sideLimit = Infinity, openContext }: DeviceOptions) {
    this.mode = mode;
    this.gl = mode === 'webgl2' || mode === 'headlessgl';
    this.vectors = this.gl;
    this.#library = library;
    this.#holdings = new Holdings(mode);
    this.#gpu = new library.GPU({ mode });
    this.#queue = mode === 'webgpu' ? new Queue() : undefined;
    this.#kernels = new KernelCache({
      limit: kernels,
      bytes: kernelBytes,
      destroy: (kernel) => this.#platform.destroy(kernel),
    });
    this.#platform = platformFor({
      library,
      gpu: this.#gpu,
      mode,
      fail: (error) => this.#queue?.fail(error),
      held: () => this.#holdings.counts,
      ...(openContext && { openContext }),
    });
    this.#calls = new Calls({ kernels: this.#kernels, platform: this.#platform, queue: this.#queue });
    this.#sideLimit = sideLimit;
  }

  /** The longest side of a texture. */
  get sideLimit(): number {
    return Math.min(this.#sideLimit, this.#platform.sideLimit);
  }

  get statistics(): DeviceStatistics {
    return {
      dispatches: this.#dispatches,
      uploads: this.#uploads,
      downloads: this.#downloads,
      kernels: this.#kernels.size,
      compiled: this.#kernels.made,
      compileMilliseconds: this.compileTimes().reduce((sum, { milliseconds }) => sum + milliseconds, 0),
      ...this.#holdings.counts,
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
    checkCall(source, inputs, scalars, this.vectors);
    const layout = this.#layout(source.name, source.width, source.rows);
    const length = source.width * source.rows;
    if (length === 0) return this.#empty(source.components);
    const entry = this.#kernels.get(keyOf(source, storages, this.mode), () =>
      compileKernel(this.#gpu, this.mode, source, layout),
    );
    const handle = this.#holdings.make(layout, source.components, entry, length);
    this.#dispatches++;
    try {
      this.#calls.fill(source.name, entry, storages, [...scalars], handle.storage!);
    } catch (error) {
      this.free(handle);
      throw error;
    }
    return handle;
  }

  /** Whether kernels go on after their call has returned. */
  get runsAhead(): boolean {
    return this.gl || this.mode === 'webgpu';
  }

  /** How many outputs a kernel in GLSL may have; 0 where there are none. */
  get nativeOutputs(): number {
    return this.#platform.outputLimit;
  }

  /**
   * Computes all outputs of a kernel in GLSL, on WebGL 2.
   * @throws UnrollError INVALID_ARGUMENT elsewhere, or for more than the device has
   */
  runNative(source: NativeSource, inputs: readonly Handle[]): readonly Handle[] {
    const storages = inputs.map((input) => storageOf(input, 'read'));
    this.checkAlive(source.name);
    checkNative(source, inputs, this.nativeOutputs, this.sideLimit);
    const { name, width, rows, components, outputs } = source;
    const entry = this.#kernels.get(`native|${keyOf({ ...source, source: source.glsl }, storages, this.mode)}`, () =>
      compileNative(this.#gpu, this.mode, source),
    );
    this.#dispatches++;
    const length = source.length ?? width * rows;
    const handles = Array.from({ length: outputs }, () =>
      this.#holdings.make({ width, rows }, components, entry, length),
    );
    const made = handles.map((handle) => storageOf(handle, 'made'));
    const make = (): void => {
      const result = this.#calls.timed(entry, () => entry.kernel(...storages.map(({ raw }) => raw)));
      const several = result as Readonly<Record<string, unknown>>;
      for (const [i, storage] of made.entries()) {
        const given = i > 0 ? several[`more${i}`] : outputs === 1 ? result : several['result'];
        storage.raw = this.#platform.result(name, given, 0, components);
      }
    };
    try {
      this.#calls.making(name, made, make, entry);
    } catch (error) {
      for (const handle of handles) this.free(handle);
      throw error;
    }
    return handles;
  }

  /**
   * Equally long arrays one after the other, copied without a kernel; undefined where that cannot be had, or where they are folded in a way
   * that does not fit.
   */
  stack(handles: readonly Handle[]): Handle | undefined {
    const storages = handles.map((handle) => storageOf(handle, 'read'));
    const { width, rows, components, maker } = storages[0]!;
    const { length } = handles[0]!;
    // A single row is folded into a square.
    const isPlain = rows > 1 && width * rows === length && rows * handles.length <= this.sideLimit;
    const areAlike = storages.every(
      (each) => each.width === width && each.rows === rows && each.components === components,
    );
    if (!this.#platform.stack || !isPlain || !areAlike || handles.some((each) => each.length !== length))
      return undefined;
    this.#platform.checkAlive();
    const size = { width, rows: rows * handles.length };
    const stack = this.#holdings.make(size, components, maker, length * handles.length);
    const raws = storages.map((each) => each.raw as RawResult);
    return this.#filled('stack', stack, () => this.#platform.stack!(raws, { width, rows }));
  }

  /** Copies host data to the device. */
  upload(data: Float32Array): Handle {
    this.checkAlive('upload');
    if (data.length === 0) return this.#empty(1);
    this.#uploads++;
    // Up to a side, one row: that is what vectors and small matrices are, and they share kernels.
    const layout = this.#layout('upload', data.length, 1);
    const padded = new Float32Array(layout.width * layout.rows);
    padded.set(data);
    this.#platform.checkAlive();
    const { upload } = this.#platform;
    const maker = upload
      ? undefined
      : this.#kernels.get(keyOfUpload(layout), () => compileUpload(this.#gpu, this.mode, layout));
    const handle = this.#holdings.make(layout, 1, maker, data.length);
    if (upload) return this.#filled('upload', handle, () => upload(padded, layout));
    try {
      const input = this.#library.input(padded, [layout.width, layout.rows]);
      this.#calls.fill('upload', maker!, [], [input], handle.storage!);
    } catch (error) {
      this.free(handle);
      throw error;
    }
    return handle;
  }

  /** A handle with memory that is made without a kernel. */
  #filled(name: string, handle: Handle, make: () => RawResult | Float32Array): Handle {
    const { storage } = handle;
    try {
      this.#calls.making(name, [storage!], () => {
        storage!.raw = make();
      });
    } catch (error) {
      this.free(handle);
      throw error;
    }
    return handle;
  }

  /** The numbers of a handle, after everything called before. */
  async download(handle: Handle): Promise<Float32Array> {
    this.checkAlive('download');
    const storage = storageOf(handle, 'downloaded');
    this.#downloads++;
    if (!this.#queue) return this.#read(handle, storage);
    if (handle.length === 0) return new Float32Array(0);
    const { maker } = storage;
    const { length, components } = handle;
    // It reads through memory of the kernel, which may go otherwise: the handle may be freed meanwhile.
    if (maker) maker.live++;
    try {
      const rows = await this.#queue.read(() => this.#calls.read('download', storage));
      if (this.#queue.error !== undefined) throw this.#queue.error;
      return flatten(rows, length * components, storage.components);
    } finally {
      // All that the library held went when the device was disposed of.
      if (maker && !this.#isGone) this.#kernels.leave(maker);
    }
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
    this.checkAlive('share');
    return this.#holdings.share(storageOf(handle, 'shared'), handle.length, handle.components);
  }

  /** Gives a handle back; the memory goes with its last one, when all calls before have used it. */
  free(handle: Handle): void {
    const storage = this.#holdings.drop(handle);
    if (!storage) return;
    const release = (): void => {
      const { raw, maker } = storage;
      storage.raw = undefined;
      // All that the library held went when the device was disposed of.
      if (this.#isGone) return;
      if (raw && !(raw instanceof Float32Array)) raw.delete?.();
      if (maker) this.#kernels.leave(maker);
    };
    if (this.#queue) this.#queue.always(release);
    else release();
  }

  /** Runs work at whose end, or failure, all handles are freed that it made, other than those that it freed or gave to `keep`. */
  freeingRest<T>(work: () => T): T {
    return this.#holdings.during(work, (handle) => this.free(handle));
  }

  /** The handle, which outlives the work that is running: it has an owner who frees it. */
  keep(handle: Handle): Handle {
    this.#holdings.keep(handle);
    return handle;
  }

  /** Texels of several components as scalars, in their order; the given handle stays as it is. */
  asScalars(handle: Handle): Handle {
    if (handle.components === 1) return this.share(handle);
    const storage = storageOf(handle, 'read');
    const length = handle.length * handle.components;
    if (this.gl) return this.run(unpacking(handle.length, handle.components), [handle]);
    // On the host they lie as scalars already.
    if (!this.#queue) return this.#holdings.share(storage, length, 1);
    const wide = { width: storage.width * handle.components, rows: storage.rows };
    const scalars = this.#holdings.make(wide, 1, storage.maker, length);
    const { storage: flat } = scalars;
    this.#queue.run(() => {
      flat!.raw = this.#platform.asScalars(storage.raw as RawResult, handle.components, wide);
    });
    return scalars;
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
      const rows = await this.#calls.read('a look at numbers', storage);
      look(flatten(rows, handle.length, 1));
    });
  }

  /** What runs the kernels, as the driver calls it; known once something ran. */
  async describe(): Promise<string> {
    const handle = this.upload(Float32Array.of(1));
    const { maker, raw } = await this.#settled(handle);
    if (maker && raw) {
      this.#platform.learn(raw as RawResult);
      // What is uploaded from now on is freed and read through the kernel of the first.
      maker.live++;
    }
    this.free(handle);
    return this.#platform.describe();
  }

  /** Frees all that the library holds, when what was called before is done and read. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  async #dispose(): Promise<void> {
    await this.#queue?.settled();
    this.#isGone = true;
    this.#kernels.clear();
    try {
      await this.#gpu.destroy();
    } finally {
      await this.#platform.release();
    }
  }

  /** The memory of a handle, when all is done that was called before. */
  async #settled(handle: Handle): Promise<Storage> {
    await this.download(handle);
    return storageOf(handle, 'read');
  }

  /** @throws UnrollError USE_AFTER_DISPOSE if the device was disposed of */
  checkAlive(op: string): void {
    if (this.#disposal) throw disposedOf(op);
  }

  #empty(components: Components): Handle {
    return this.#holdings.make({ width: 0, rows: 0 }, components, undefined, 0);
  }

  #layout(name: string, width: number, rows: number): Layout {
    this.checkAlive(name);
    const layout = layoutOf(width, rows, this.sideLimit, this.mode === 'webgpu');
    if (!layout) throw tooManyElements(name, width * rows, this.sideLimit);
    return layout;
  }

  #read(handle: Handle, storage: Storage): Float32Array {
    this.checkAlive('download');
    if (handle.length === 0) return new Float32Array(0);
    const length = handle.length * handle.components;
    if (storage.raw instanceof Float32Array) return storage.raw.slice(0, length);
    this.#platform.checkAlive();
    const values = flatten(storage.raw!.toArray!(), length, storage.components);
    // A context that is lost meanwhile gives zeros, as do textures that are none.
    this.#platform.checkAlive();
    this.#platform.checkErrors?.();
    return values;
  }
}
