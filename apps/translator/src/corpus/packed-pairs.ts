import type { EncodedPair } from '../batch.ts';

/**
 * Pairs as ids, of two bytes each, or of four where there are more tokens than that: what has to be in memory of a corpus whose text would take up
 * several times as much.
 */
export class PackedPairs {
  readonly #arrayOf: (length: number) => Uint16Array | Int32Array;
  #ids: Uint16Array | Int32Array;
  /** Where the source and the target of each pair begin, and where the last one ends. */
  #starts: Float64Array = new Float64Array(64);
  #length = 0;

  /** @param options.size tokens of the larger side */
  constructor({ size }: { readonly size: number }) {
    this.#arrayOf = size <= 2 ** 16 ? (length) => new Uint16Array(length) : (length) => new Int32Array(length);
    this.#ids = this.#arrayOf(1024);
  }

  /** The number of pairs. */
  get length(): number {
    return this.#length;
  }

  add({ source, target }: EncodedPair): void {
    const at = 2 * this.#length;
    const start = this.#starts[at]!;
    const [middle, end] = [start + source.length, start + source.length + target.length];
    if (end > this.#ids.length) this.#ids = copied(this.#ids, this.#arrayOf(withRoom(end)));
    if (at + 2 >= this.#starts.length) this.#starts = copied(this.#starts, new Float64Array(withRoom(at + 3)));
    this.#ids.set(source, start);
    this.#ids.set(target, middle);
    this.#starts.set([middle, end], at + 1);
    this.#length++;
  }

  /** A view: it shares the memory. */
  at(index: number): EncodedPair {
    const [start, middle, end] = [0, 1, 2].map((i) => this.#starts[2 * index + i]);
    return { source: this.#ids.subarray(start, middle), target: this.#ids.subarray(middle, end) };
  }
}

/** Half as much again, so that a growing array is seldom copied. */
function withRoom(needed: number): number {
  return Math.ceil(1.5 * needed);
}

function copied<A extends Uint16Array | Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
