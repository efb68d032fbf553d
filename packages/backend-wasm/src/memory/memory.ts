import {
  BYTES_PER_ELEMENT,
  type Buffer,
  type DType,
  type Shape,
  type Signature,
  type TypedArray,
  UnrollError,
  allocate,
  dtypeOf,
  formatShape,
  sizeOf,
} from '@unroll/backend';
import type { Engine } from '../engine.ts';
import { HEAP } from '../kernels/static-area.ts';
import { Allocator } from './allocator.ts';
import type { Block, Derived } from './free-lists.ts';
import { GrowingMemory, type MemoryForm } from './growing-memory.ts';
import { Net } from './net.ts';
import { WasmBuffer } from './wasm-buffer.ts';

/** What a backend holds. */
export interface MemoryStatistics {
  /** Handles that have not been freed. */
  readonly buffers: number;
  /** Bytes that those handles refer to and what was made of them, in blocks of 64; shared memory counts once. */
  readonly liveBytes: number;
  /** The most that it has been so far. */
  readonly peakBytes: number;
  /** Bytes that wait to be used again. */
  readonly pooledBytes: number;
}

/** Elements. */
const FILLED_AT_ONCE = 1024;

/** Hands out blocks, counts who holds them, and takes them back. */
export class Memory {
  readonly linear: GrowingMemory;
  /** Is called before anybody learns where something lies, to read it or to write there: threads may be at work. */
  onTouch: () => void = () => {};
  readonly #allocator: Allocator;
  readonly #net: Net;
  #buffers = 0;
  #reserved = 0;
  #disposed = false;

  constructor(engine: Engine, maximumBytes: number, form: MemoryForm = {}) {
    this.linear = new GrowingMemory(engine, maximumBytes, form);
    this.#net = new Net((block) => this.#drop(block));
    this.#allocator = new Allocator(HEAP + (form.reservedBytes ?? 0), (bytes) => {
      this.#net.cast();
      return this.linear.grow(bytes);
    });
  }

  get statistics(): MemoryStatistics {
    const { used, peak } = this.#allocator;
    return {
      buffers: this.#buffers,
      liveBytes: used - this.#reserved,
      peakBytes: peak - this.#reserved,
      pooledBytes: this.linear.bytes - used,
    };
  }

  /** A new buffer with unspecified elements: the kernel that asks for it writes every one. */
  make({ shape, dtype }: Signature): WasmBuffer {
    if (this.#disposed) throw disposedError();
    const block = this.#allocator.allocate(sizeOf(shape) * BYTES_PER_ELEMENT[dtype]);
    return this.#handle(shape, dtype, block);
  }

  upload(data: TypedArray, signature: Signature): WasmBuffer {
    const { shape, dtype } = signature;
    if (dtypeOf(data) !== dtype) {
      throw new UnrollError(
        'DTYPE_MISMATCH',
        `upload: a ${dtypeOf(data)} array does not fit ${dtype}. Convert it first.`,
      );
    }
    if (data.length !== sizeOf(shape)) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `upload: ${formatShape(shape)} has ${sizeOf(shape)} elements, the array has ${data.length}.`,
      );
    }
    const buffer = this.make(signature);
    this.#view(dtype).set(data, this.address(buffer) / BYTES_PER_ELEMENT[dtype]);
    return buffer;
  }

  /** A copy of the elements. */
  download(buffer: Buffer): TypedArray {
    const start = this.address(buffer) / BYTES_PER_ELEMENT[buffer.dtype];
    const length = sizeOf(buffer.shape);
    // Several times as fast as `slice` where memory is shared.
    const copy = allocate(buffer.dtype, length);
    copy.set(this.#view(buffer.dtype).subarray(start, start + length));
    return copy;
  }

  /** Sets every element of a new buffer. */
  fill(buffer: WasmBuffer, value: number): void {
    const { dtype, shape } = buffer;
    const view = this.#view(dtype);
    const start = this.address(buffer) / BYTES_PER_ELEMENT[dtype];
    const end = start + sizeOf(shape);
    // Engines fill shared memory one element at a time; moving what is there doubles it at once.
    const first = Math.min(end, start + FILLED_AT_ONCE);
    view.fill(value, start, first);
    for (let done = first - start; start + done < end; done *= 2) {
      view.copyWithin(start + done, start, Math.min(start + done, end - done));
    }
  }

  /** Where the elements of a buffer lie. Nobody may write to them once an op has made them. */
  address(buffer: Buffer): number {
    this.onTouch();
    return this.#block(buffer, 'read').address + (buffer as WasmBuffer).offset;
  }

  /** Another handle to the same elements, seen with a shape of as many, or to some of them, from a number of bytes on. */
  share(buffer: Buffer, shape: Shape = buffer.shape, offset: number = 0): WasmBuffer {
    const block = this.#block(buffer, 'shared');
    block.handles++;
    return this.#handle(shape, buffer.dtype, block, (buffer as WasmBuffer).offset + offset);
  }

  free(buffer: Buffer): void {
    const block = this.#block(buffer, 'freed again');
    const handle = buffer as WasmBuffer;
    handle.block = undefined;
    if (handle.watched) this.#net.release(handle);
    this.#drop(block);
  }

  /**
   * Room for something that is made of the elements of a buffer and stands as long as they do: a weight in panels. Whoever finds it
   * not made makes it. It goes with the elements.
   */
  derived(buffer: Buffer, name: string, bytes: number): Derived {
    this.onTouch();
    const source = this.#block(buffer, 'read');
    const { offset } = buffer as WasmBuffer;
    const key = offset === 0 ? name : `${name} from ${offset}`;
    source.derived ??= new Map();
    let derived = source.derived.get(key);
    if (!derived) {
      const block = this.#allocator.allocate(bytes);
      source.derived.set(key, (derived = { block, address: block.address, isMade: false }));
    }
    return derived;
  }

  /** Runs `work` with the address of so many bytes that are free again after it. */
  withScratch<T>(bytes: number, work: (address: number) => T): T {
    this.onTouch();
    const block = this.#allocator.allocate(bytes);
    try {
      return work(block.address);
    } finally {
      this.#allocator.release(block);
    }
  }

  /** A block of so many bytes that is no buffer: what threads and compiled loops work with. */
  reserve(bytes: number): Block {
    this.onTouch();
    const block = this.#allocator.allocate(bytes);
    this.#reserved += block.size;
    return block;
  }

  /** Gives a reserved block back. */
  release(block: Block): void {
    this.#reserved -= block.size;
    this.#allocator.release(block);
  }

  /** Refuses everything from now on. */
  dispose(): void {
    this.#disposed = true;
    this.#net.dispose();
  }

  #handle(shape: Shape, dtype: DType, block: Block, offset: number = 0): WasmBuffer {
    this.#buffers++;
    const buffer = new WasmBuffer(this, shape, dtype, block, offset);
    this.#net.watch(buffer, block.size);
    return buffer;
  }

  #drop(block: Block): void {
    this.#buffers--;
    if (--block.handles > 0) return;
    for (const derived of block.derived?.values() ?? []) this.#allocator.release(derived.block);
    block.derived = undefined;
    this.#allocator.release(block);
  }

  #view(dtype: DType): TypedArray {
    return this.linear[dtype];
  }

  #block(buffer: Buffer, verb: string): Block {
    if (!(buffer instanceof WasmBuffer) || buffer.owner !== this) {
      throw new UnrollError(
        'BACKEND_MISMATCH',
        `wasm: a ${describe(buffer)} buffer of another backend cannot be ${verb} here. Download it there and upload it here.`,
      );
    }
    if (this.#disposed) throw disposedError();
    if (!buffer.block) {
      throw new UnrollError(
        'USE_AFTER_DISPOSE',
        `wasm: a ${describe(buffer)} buffer was freed and cannot be ${verb}. Take a second handle with share(buffer) to keep its memory.`,
      );
    }
    return buffer.block;
  }
}

function disposedError(): UnrollError {
  return new UnrollError('USE_AFTER_DISPOSE', 'wasm: the backend was disposed. Make a new one with wasm().');
}

function describe(buffer: Buffer): string {
  return `${buffer.dtype} ${formatShape(buffer.shape)}`;
}
