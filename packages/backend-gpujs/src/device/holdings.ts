import type { Mode } from '../modes.ts';
import { type Components, Handle, type Storage, bytesPerTexel, storageOf } from './handle.ts';
import type { KernelEntry } from './kernel-cache.ts';

interface Size {
  readonly width: number;
  readonly rows: number;
}

/** What is held on a device. */
export class Holdings {
  readonly #mode: Mode;
  #handles = 0;
  #textures = 0;
  #bytes = 0;
  /** What the running work made, neither freed nor kept so far. */
  #loose: Set<Handle> | undefined;

  constructor(mode: Mode) {
    this.#mode = mode;
  }

  /** Handles that have not been freed, the textures or buffers behind them, and the bytes of those. */
  get counts(): { readonly handles: number; readonly textures: number; readonly bytes: number } {
    return { handles: this.#handles, textures: this.#textures, bytes: this.#bytes };
  }

  /** Memory, and its first handle. */
  make(size: Size, components: Components, maker: KernelEntry | undefined, length: number): Handle {
    const bytes = size.width * size.rows * bytesPerTexel(this.#mode, components);
    if (maker) maker.live++;
    if (bytes > 0) this.#textures++;
    this.#bytes += bytes;
    const { width, rows } = size;
    return this.share({ raw: undefined, width, rows, components, bytes, handles: 0, maker }, length, components);
  }

  /** One more handle. */
  share(storage: Storage, length: number, components: Components): Handle {
    storage.handles++;
    this.#handles++;
    const handle = new Handle(storage, length, components);
    this.#loose?.add(handle);
    return handle;
  }

  /** Ends a handle; the memory to give back, if it was the last. */
  drop(handle: Handle): Storage | undefined {
    const storage = storageOf(handle, 'freed again');
    handle.storage = undefined;
    this.#handles--;
    this.#loose?.delete(handle);
    if (--storage.handles > 0) return undefined;
    this.#bytes -= storage.bytes;
    if (storage.bytes > 0) this.#textures--;
    return storage;
  }

  /** Notes that a handle outlives the work that is running. */
  keep(handle: Handle): void {
    this.#loose?.delete(handle);
  }

  /** Runs work; what it made and did not keep is given to `free` at its end, or where it fails. Work within work is part of it. */
  during<T>(work: () => T, free: (handle: Handle) => void): T {
    if (this.#loose) return work();
    const loose = new Set<Handle>();
    this.#loose = loose;
    try {
      return work();
    } finally {
      this.#loose = undefined;
      for (const handle of loose) free(handle);
    }
  }
}
