import type { Block } from './free-lists.ts';
import type { WasmBuffer } from './wasm-buffer.ts';

/** So many handles, or so many bytes behind them, are made before those that are still in use are watched. */
const HANDLES = 4096;
const BYTES = 64 * 2 ** 20;

/**
 * Gives back the memory of handles that a program dropped without freeing them, some time after the engine has noticed. Most handles
 * are freed soon after they were made; watching them from the start would cost more than all else that memory does, so that
 * young ones are only remembered.
 */
export class Net {
  readonly #registry: FinalizationRegistry<Block>;
  #young: WasmBuffer[] = [];
  #bytes = 0;
  #disposed = false;

  constructor(drop: (block: Block) => void) {
    this.#registry = new FinalizationRegistry((block) => {
      if (!this.#disposed) drop(block);
    });
  }

  /** Remembers a new handle. */
  watch(buffer: WasmBuffer, bytes: number): void {
    this.#bytes += bytes;
    if (this.#young.push(buffer) >= HANDLES || this.#bytes > BYTES) this.cast();
  }

  /** Watches all handles that are not free by now. */
  cast(): void {
    for (const buffer of this.#young) {
      if (!buffer.block) continue;
      buffer.watched = true;
      this.#registry.register(buffer, buffer.block, buffer);
    }
    this.#young = [];
    this.#bytes = 0;
  }

  /** Forgets a handle that was freed. */
  release(buffer: WasmBuffer): void {
    this.#registry.unregister(buffer);
  }

  dispose(): void {
    this.#disposed = true;
    this.#young = [];
  }
}
