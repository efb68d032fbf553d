import {
  type Buffer,
  type DType,
  type Shape,
  type Signature,
  type TypedArray,
  UnrollError,
  dtypeOf,
  formatShape,
  sizeOf,
} from '@unroll/backend';
import { Pool } from './pool.ts';

/** What a backend holds at the moment. */
export interface MemoryStatistics {
  /** Handles that have not been freed. */
  readonly buffers: number;
  /** Bytes that those handles refer to; shared memory counts once. */
  readonly liveBytes: number;
  /** Bytes of freed memory that wait to be used again. */
  readonly pooledBytes: number;
}

/** An array and the number of handles to it. */
interface Storage {
  readonly data: TypedArray;
  handles: number;
}

/** A handle to an array of exactly as many elements as its shape has. */
export class HostBuffer implements Buffer {
  readonly memory: Memory;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Gone once the handle is freed. */
  storage: Storage | undefined;

  constructor(memory: Memory, shape: Shape, dtype: DType, storage: Storage) {
    this.memory = memory;
    this.shape = shape;
    this.dtype = dtype;
    this.storage = storage;
  }
}

/** Hands out arrays, counts who holds them, and takes them back. */
export class Memory {
  readonly #pool: Pool;
  #buffers = 0;
  #liveBytes = 0;

  constructor(poolBytes: number) {
    this.#pool = new Pool(poolBytes);
  }

  get statistics(): MemoryStatistics {
    return { buffers: this.#buffers, liveBytes: this.#liveBytes, pooledBytes: this.#pool.bytes };
  }

  /** A new buffer with unspecified elements: the kernel that asks for it writes every one. */
  make(signature: Signature): HostBuffer {
    const data = this.#pool.take(signature.dtype, sizeOf(signature.shape), signature.shape);
    this.#buffers++;
    this.#liveBytes += data.byteLength;
    return new HostBuffer(this, signature.shape, signature.dtype, { data, handles: 1 });
  }

  /** A copy of host data. */
  upload(data: TypedArray, signature: Signature): HostBuffer {
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
    this.read(buffer).set(data);
    return buffer;
  }

  /** The elements of a buffer. Nobody may write to them once an op has made them. */
  read(buffer: Buffer): TypedArray {
    return this.#storage(buffer, 'read').data;
  }

  /** Another handle to the same elements, seen with a shape of as many. */
  share(buffer: Buffer, shape: Shape = buffer.shape): HostBuffer {
    const storage = this.#storage(buffer, 'shared');
    storage.handles++;
    this.#buffers++;
    return new HostBuffer(this, shape, buffer.dtype, storage);
  }

  free(buffer: Buffer): void {
    const storage = this.#storage(buffer, 'freed again');
    (buffer as HostBuffer).storage = undefined;
    this.#buffers--;
    if (--storage.handles > 0) return;
    this.#liveBytes -= storage.data.byteLength;
    this.#pool.give(storage.data);
  }

  #storage(buffer: Buffer, verb: string): Storage {
    if (!(buffer instanceof HostBuffer) || buffer.memory !== this) {
      throw new UnrollError(
        'BACKEND_MISMATCH',
        `cpu: a ${describe(buffer)} buffer of another backend cannot be ${verb} here. Download it there and upload it here.`,
      );
    }
    if (!buffer.storage) {
      throw new UnrollError(
        'USE_AFTER_DISPOSE',
        `cpu: a ${describe(buffer)} buffer was freed and cannot be ${verb}. Take a second handle with share(buffer) to keep its memory.`,
      );
    }
    return buffer.storage;
  }
}

function describe(buffer: Buffer): string {
  return `${buffer.dtype} ${formatShape(buffer.shape)}`;
}
