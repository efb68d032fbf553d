import {
  type DType,
  type Shape,
  type Signature,
  type TypedArray,
  BYTES_PER_ELEMENT,
  allocate,
  dtypeOf,
  outOfMemory,
} from '@unroll/backend';

/** Arrays up to this size live inside V8's own heap, where making a new one is cheaper than keeping an old one. */
const UNPOOLED_BYTES = 64;

const VIEWS = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

/**
 * Freed arrays kept for the next op, by the size of their memory. A training step frees what the next one allocates, so
 * that a warm pool spares both the zeroing of fresh memory and the garbage collector. When it is full, the sizes that have
 * waited longest go first.
 */
export class Pool {
  readonly #limit: number;
  readonly #free = new Map<number, TypedArray[]>();
  #bytes = 0;

  /** Keeps at most `limit` bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes waiting to be used again. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * An array of `length` elements that may hold anything.
   * @param shape of the tensor that it is for, to be named where there is no room
   * @throws UnrollError OUT_OF_MEMORY if there is no room for it
   */
  take(dtype: DType, length: number, shape: Shape = [length]): TypedArray {
    const bytes = length * BYTES_PER_ELEMENT[dtype];
    if (bytes <= UNPOOLED_BYTES) return allocate(dtype, length, shape);
    const capacity = capacityFor(bytes);
    const old = this.#free.get(capacity)?.pop();
    if (!old) return new VIEWS[dtype](this.#make(capacity, { dtype, shape }), 0, length);
    this.#bytes -= capacity;
    if (old.length === length && dtypeOf(old) === dtype) return old;
    // Every array here was made above or by `allocate`: its memory is not shared between threads.
    return new VIEWS[dtype](old.buffer as ArrayBuffer, 0, length);
  }

  /** Takes back an array that nobody reads any more. */
  give(array: TypedArray): void {
    if (array.byteLength <= UNPOOLED_BYTES) return;
    const capacity = array.buffer.byteLength;
    if (capacity > this.#limit) return;
    this.#bytes += capacity;
    const list = this.#free.get(capacity);
    if (list) list.push(array);
    else this.#free.set(capacity, [array]);
    if (this.#bytes > this.#limit) this.#evict();
  }

  #make(bytes: number, signature: Signature): ArrayBuffer {
    try {
      return new ArrayBuffer(bytes);
    } catch (error) {
      throw outOfMemory(signature, error);
    }
  }

  #evict(): void {
    for (const [capacity, list] of this.#free) {
      while (list.length > 0 && this.#bytes > this.#limit) {
        list.pop();
        this.#bytes -= capacity;
      }
      if (this.#bytes <= this.#limit) return;
      this.#free.delete(capacity);
    }
  }
}

/** Rounds up to one of four sizes per power of two: at most a quarter is wasted, and near sizes share their memory. */
function capacityFor(bytes: number): number {
  const unit = Math.max(UNPOOLED_BYTES, 2 ** (Math.floor(Math.log2(bytes - 1)) - 2));
  return Math.ceil(bytes / unit) * unit;
}
