import type { RawKernel, RawResult } from '../gpujs.ts';
import { failed } from './checks.ts';
import type { Storage } from './handle.ts';
import type { KernelCache, KernelEntry } from './kernel-cache.ts';
import type { Platform } from './platforms/index.ts';
import type { Queue } from './queue.ts';

interface CallsOptions {
  readonly kernels: KernelCache;
  readonly platform: Platform;
  readonly queue: Queue | undefined;
}

/** Calls of kernels: at once, or in the queue. */
export class Calls {
  readonly #kernels: KernelCache;
  readonly #platform: Platform;
  readonly #queue: Queue | undefined;
  readonly #warm = new WeakSet<RawKernel>();

  constructor({ kernels, platform, queue }: CallsOptions) {
    this.#kernels = kernels;
    this.#platform = platform;
    this.#queue = queue;
  }

  /** Fills `storage` with what a kernel makes of inputs and others. */
  fill(
    name: string,
    entry: KernelEntry,
    inputs: readonly Storage[],
    others: readonly unknown[],
    storage: Storage,
  ): void {
    const call = (): unknown => this.timed(entry, () => entry.kernel(...inputs.map(({ raw }) => raw), ...others));
    const take = (given: unknown): void => {
      storage.raw = this.#platform.result(name, given, storage.width * storage.rows, storage.components);
    };
    if (!this.#queue) {
      this.making(name, [storage], () => take(call()), entry);
      return;
    }
    this.#queue.run(async () => {
      try {
        take(await call());
      } catch (cause) {
        throw this.failed(name, cause);
      }
    });
  }

  /** Runs what makes memory at once. */
  making(name: string, storages: readonly Storage[], make: () => void, entry?: KernelEntry): void {
    const bytes = storages.reduce((sum, storage) => sum + storage.bytes, 0);
    try {
      this.#platform.making?.(bytes);
      make();
      this.#platform.made?.(name, bytes);
    } catch (cause) {
      // It may hold on to an output that is none, and would write there the next time without a word.
      if (entry) this.#kernels.forget(entry);
      throw this.failed(name, cause);
    }
  }

  /** Calls a kernel, and counts what its first call takes, in which it is compiled. */
  timed(entry: KernelEntry, call: () => unknown): unknown {
    if (this.#warm.has(entry.kernel)) return call();
    const start = performance.now();
    const done = (result: unknown): unknown => {
      this.#kernels.timed(entry.name, performance.now() - start);
      this.#platform.checkMode(entry.name, entry.kernel);
      this.#warm.add(entry.kernel);
      return result;
    };
    const result = this.#platform.building ? this.#platform.building(call) : call();
    return result instanceof Promise ? result.then(done) : done(result);
  }

  /** The numbers of memory whose reading takes its time. */
  async read(name: string, storage: Storage): Promise<unknown> {
    this.#platform.checkAlive();
    try {
      return await (storage.raw as RawResult).toArray!();
    } catch (cause) {
      // That a device is lost is told after what it was reading has failed.
      await new Promise((resolve) => setTimeout(resolve, 0));
      throw this.failed(name, cause);
    }
  }

  /** What failed, by name; or that all is lost, which GPU.js says in other words, if it does. */
  failed(name: string, cause: unknown): Error {
    try {
      this.#platform.checkAlive();
    } catch (error) {
      return error as Error;
    }
    return failed(name, cause);
  }
}
