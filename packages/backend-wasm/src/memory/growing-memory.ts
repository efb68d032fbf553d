import { UnrollError } from '@unroll/backend';
import type { Engine, WasmMemory } from '../engine.ts';
import { HEAP } from '../kernels/static-area.ts';

const PAGE = 65536;
/** One page below 4 GiB, so that the end of the last block is an address too. */
export const MAXIMUM_PAGES = 65535;
/** Growing by a quarter each time keeps the number of times low. */
const GROWTH = 0.25;
const SMALLEST_GROWTH = 16;

/** The linear memory that all kernels work on, and views of it that are renewed when it grows. */
export class GrowingMemory {
  readonly memory: WasmMemory;
  readonly #maximumPages: number;
  #pages = 1;
  /** Where the memory that was handed to the allocator ends. */
  #end = HEAP;
  float32!: Float32Array<ArrayBuffer>;
  float64!: Float64Array<ArrayBuffer>;
  int32!: Int32Array<ArrayBuffer>;

  constructor({ Memory }: Engine, maximumBytes: number) {
    this.#maximumPages = Math.min(MAXIMUM_PAGES, Math.max(1, Math.floor(maximumBytes / PAGE)));
    this.memory = new Memory({ initial: 1, maximum: this.#maximumPages });
    this.#renewViews();
  }

  /** What a module must say of the memory that it imports. */
  get limits(): { readonly minimum: number; readonly maximum: number } {
    return { minimum: 1, maximum: this.#maximumPages };
  }

  get bytes(): number {
    return this.#pages * PAGE;
  }

  /** Makes at least so many bytes more, and says how many: more than asked for, while there is room. */
  grow(bytes: number): number {
    const needed = Math.max(0, Math.ceil((this.#end + bytes) / PAGE) - this.#pages);
    const generous = Math.max(needed, SMALLEST_GROWTH, Math.ceil(this.#pages * GROWTH));
    this.#pages += this.#tryToGrow(Math.min(generous, this.#maximumPages - this.#pages), needed);
    this.#renewViews();
    const added = this.bytes - this.#end;
    this.#end = this.bytes;
    return added;
  }

  #tryToGrow(generous: number, needed: number): number {
    for (const pages of [generous, needed]) {
      if (pages < needed || this.#pages + pages > this.#maximumPages) continue;
      try {
        this.memory.grow(pages);
        return pages;
      } catch {
        // The engine has no more; perhaps less will do.
      }
    }
    const [more, now, limit] = [needed, this.#pages, this.#maximumPages].map((pages) => (pages / 16).toFixed(1));
    throw new UnrollError(
      'OUT_OF_MEMORY',
      `wasm: out of memory: ${more} MiB more are needed beyond ${now} MiB, and the limit is ${limit} MiB. ` +
        'Free tensors by scope() or dispose(), or use smaller batches.',
    );
  }

  #renewViews(): void {
    const { buffer } = this.memory;
    this.float32 = new Float32Array(buffer);
    this.float64 = new Float64Array(buffer);
    this.int32 = new Int32Array(buffer);
  }
}
