import type { Block } from './free-lists.ts';
import type { WasmBuffer } from './wasm-buffer.ts';

/** A generation ends when so many handles were made, or so many bytes behind them. */
const HANDLES = 2048;
const BYTES = 32 * 2 ** 20;

/**
 * Gives back the memory of handles that a program dropped without freeing them, some time after the engine has noticed. Most handles
 * are freed soon after they were made, and those of an optimizer's state a step later; watching them from the start would cost more than
 * all else that memory does, so that they are only remembered until a whole generation has been made after theirs.
 */
export class Net {
  readonly #registry: FinalizationRegistry<Block>;
  #young: WasmBuffer[] = [];
  /** Those of the generation before that were still in use at its end. */
  #older: readonly WasmBuffer[] = [];
  #bytes = 0;
  #disposed = false;

  constructor(drop: (block: Block) => void) {
    this.#registry = new FinalizationRegistry((block) => {
      if (!this.#disposed) drop(block);
    });
  }

  /** Remembers a new handle. */
  watch(buffer: WasmBuffer, bytes: number): void {
    // As large as a generation: the next one may never come.
    if (bytes > BYTES) {
      this.#register(buffer);
      return;
    }
    this.#bytes += bytes;
    if (this.#young.push(buffer) >= HANDLES || this.#bytes > BYTES) this.#age();
  }

  /** Watches all handles that are not free by now. */
  cast(): void {
    this.#age();
    this.#age();
  }

  /** Ends the generation. */
  #age(): void {
    for (const buffer of this.#older) this.#register(buffer);
    this.#older = this.#young.filter(({ block }) => block !== undefined);
    this.#young = [];
    this.#bytes = 0;
  }

  #register(buffer: WasmBuffer): void {
    if (!buffer.block) return;
    buffer.watched = true;
    this.#registry.register(buffer, buffer.block, buffer);
  }

  /** Forgets a handle that was freed. */
  release(buffer: WasmBuffer): void {
    this.#registry.unregister(buffer);
  }

  dispose(): void {
    this.#disposed = true;
    this.#young = [];
    this.#older = [];
  }
}
