import type { RawKernel } from '../gpujs.ts';

/** A compiled kernel. It must outlive the textures it made: they are freed through it. */
export interface KernelEntry {
  readonly name: string;
  readonly kernel: RawKernel;
  /** Bytes of one output. A kernel holds on to its last. */
  readonly bytes: number;
  /** Storages that it made and that live. */
  live: number;
  evicted: boolean;
}

/** What kernels took to compile: their first call. */
export interface CompileTime {
  readonly name: string;
  readonly kernels: number;
  readonly milliseconds: number;
}

export interface KernelCacheOptions {
  /** The most kernels that are kept. */
  readonly limit: number;
  /** The most bytes of outputs that kept kernels hold on to. */
  readonly bytes: number;
  /** How one is destroyed. Default: by itself. */
  readonly destroy?: (kernel: RawKernel) => void;
}

/** Compiled kernels by text and static shape; the one not used for the longest time goes first. */
export class KernelCache {
  readonly #limit: number;
  readonly #byteLimit: number;
  readonly #destroy: (kernel: RawKernel) => void;
  readonly #entries = new Map<string, KernelEntry>();
  readonly #times = new Map<string, CompileTime>();
  #bytes = 0;
  #made = 0;

  constructor({ limit, bytes, destroy = (kernel) => kernel.destroy() }: KernelCacheOptions) {
    this.#limit = limit;
    this.#byteLimit = bytes;
    this.#destroy = destroy;
  }

  /** How many are kept, and how many were ever made. */
  get size(): number {
    return this.#entries.size;
  }

  get made(): number {
    return this.#made;
  }

  /** Compile times by name, the longest first. */
  times(): readonly CompileTime[] {
    return [...this.#times.values()].toSorted((a, b) => b.milliseconds - a.milliseconds);
  }

  get(
    key: string,
    make: () => { readonly name: string; readonly kernel: RawKernel; readonly bytes: number },
  ): KernelEntry {
    const known = this.#entries.get(key);
    if (known) {
      // A map keeps the order of insertion: the oldest is the first.
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known;
    }
    const entry: KernelEntry = { ...make(), live: 0, evicted: false };
    this.#made++;
    this.#bytes += entry.bytes;
    this.#entries.set(key, entry);
    for (const [oldest, each] of this.#entries) {
      if (this.#entries.size <= this.#limit && this.#bytes <= this.#byteLimit) break;
      if (each !== entry) this.#evict(oldest, each);
    }
    return entry;
  }

  /** Counts a first call. */
  timed(name: string, milliseconds: number): void {
    const old = this.#times.get(name);
    this.#times.set(name, {
      name,
      kernels: (old?.kernels ?? 0) + 1,
      milliseconds: (old?.milliseconds ?? 0) + milliseconds,
    });
  }

  /** Notes that a storage that it made is gone. */
  leave(entry: KernelEntry): void {
    entry.live--;
    this.#destroyIfUnused(entry);
  }

  /** Has a kernel compiled again the next time. */
  forget(entry: KernelEntry): void {
    for (const [key, each] of this.#entries) if (each === entry) this.#evict(key, each);
  }

  clear(): void {
    for (const [key, entry] of this.#entries) this.#evict(key, entry);
  }

  #evict(key: string, entry: KernelEntry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    entry.evicted = true;
    this.#destroyIfUnused(entry);
  }

  #destroyIfUnused(entry: KernelEntry): void {
    if (entry.evicted && entry.live === 0) this.#destroy(entry.kernel);
  }
}
