import { UnrollError } from '@unroll/backend';
import type { Engine, WasmMemory } from '../engine.ts';
import { HEAP } from '../kernels/static-area.ts';

const PAGE = 65536;
/** One page below 4 GiB, so that the end of the last block is an address too. */
export const MAXIMUM_PAGES = 65535;
/**
 * Growing by a quarter each time keeps the number of times low, and so does beginning with 32 MiB: each time engines count all of the
 * memory again as something new, and soon look through all objects for what may go. Pages that nobody has written to are not there yet.
 */
const GROWTH = 0.25;
const SMALLEST_GROWTH = 512;
/** An engine that has no room for so large a shared memory is asked for half of it, so many times. */
const SMALLER = 4;

/** Whether several threads work on it, and what is set aside at its start beside the kernels' own area. */
export interface MemoryForm {
  readonly shared?: boolean;
  readonly reservedBytes?: number;
}

/** The linear memory that all kernels work on, and views of it that are renewed when it grows. */
export class GrowingMemory {
  readonly memory: WasmMemory;
  readonly #minimumPages: number;
  readonly #maximumPages: number;
  readonly #shared: boolean;
  #pages: number;
  /** Where the memory that was handed to the allocator ends. */
  #end: number;
  float32!: Float32Array;
  float64!: Float64Array;
  int32!: Int32Array;

  constructor({ Memory }: Engine, maximumBytes: number, { shared = false, reservedBytes = 0 }: MemoryForm = {}) {
    this.#end = HEAP + reservedBytes;
    this.#pages = this.#minimumPages = Math.ceil(this.#end / PAGE);
    this.#shared = shared;
    let maximum = Math.min(MAXIMUM_PAGES, Math.max(this.#minimumPages, Math.floor(maximumBytes / PAGE)));
    let memory: WasmMemory | undefined;
    for (let tries = 0; !memory; tries++) {
      try {
        memory = new Memory({ initial: this.#minimumPages, maximum, shared });
      } catch (error) {
        // Shared memory cannot move, so that engines set its maximum aside; where addresses are scarce it has to be smaller.
        if (!shared || tries === SMALLER) throw error;
        maximum = Math.max(this.#minimumPages, Math.floor(maximum / 2));
      }
    }
    this.memory = memory;
    this.#maximumPages = maximum;
    this.#renewViews();
  }

  /** What a module must say of the memory that it imports. */
  get limits(): { readonly minimum: number; readonly maximum: number; readonly shared: boolean } {
    return { minimum: this.#minimumPages, maximum: this.#maximumPages, shared: this.#shared };
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
