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
import { type Device, type Handle } from './device/index.ts';
import { HostIntegers, type UploadIntegers } from './host-integers.ts';
import type { Walk } from './ops/nest.ts';
import { LARGEST_INTEGER, exactFloats, tooLarge } from './whole-numbers.ts';

/** Arrays of one number over and over that are kept on the device, and their most elements. */
const MOST_CONSTANTS = 64;
const LARGEST_CONSTANT = 2 ** 14;

/** A buffer of this backend. */
export class GpuBuffer implements Buffer {
  readonly memory: Memory;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Gone once freed. */
  content: Content | undefined;

  constructor(memory: Memory, { shape, dtype }: Signature, content: Content) {
    this.memory = memory;
    this.shape = shape;
    this.dtype = dtype;
    this.content = content;
  }
}

/** Elements that are brought together when something asks for them. */
export interface Deferred {
  /** A handle of the caller's, for `op`. */
  handle(op: string): Handle;
  /** Itself, for one more owner. */
  share(): this;
  free(): void;
}

/** Elements on the device, on the host, or on both. */
export interface Content {
  /** Missing for integers from the host, and for what is deferred, until an op wants them on the device. */
  handle: Handle | undefined;
  readonly deferred?: Deferred | undefined;
  /** Integers that came from the host, and what only moved them: indices are checked here, before they are used. */
  readonly host: Int32Array | undefined;
  /** Integers are known to lie in [0, below). */
  below: number;
}

/** Hands out buffers over a device's handles. */
export class Memory {
  readonly device: Device;
  readonly #constants = new Map<string, Handle>();
  #buffers = 0;
  /** By the op that runs. */
  #made: GpuBuffer[] | undefined;

  constructor(device: Device) {
    this.device = device;
  }

  /** Buffers that have not been freed. */
  get buffers(): number {
    return this.#buffers;
  }

  /**
   * Runs an op, or a loop of them. What it makes on the device and no buffer owns is freed at its end; if it fails, so are the buffers that
   * it made: then nothing is left of it.
   */
  whole<T>(op: () => T): T {
    if (this.#made) return op();
    const made: GpuBuffer[] = [];
    this.#made = made;
    try {
      return this.device.freeingRest(op);
    } catch (error) {
      for (const buffer of made) if (buffer.content) this.free(buffer);
      throw error;
    } finally {
      this.#made = undefined;
    }
  }

  upload(data: TypedArray, signature: Signature): GpuBuffer {
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
    if (data instanceof Float64Array) throw noFloat64('upload');
    if (data instanceof Int32Array) return this.fromHost(data.slice(), signature);
    return this.own(this.#uploaded(data), signature);
  }

  /** Constants, the zeros of an initial state among them, come up in every step: they stay on the device. */
  #uploaded(data: Float32Array): Handle {
    const { length, 0: number } = data;
    if (length === 0 || length > LARGEST_CONSTANT || !data.every((each) => Object.is(each, number))) {
      return this.device.upload(data);
    }
    const key = `${length} × ${Object.is(number, -0) ? '-0' : number}`;
    let known = this.#constants.get(key);
    if (!known) {
      known = this.device.keep(this.device.upload(data));
      this.#constants.set(key, known);
      const [oldest] = this.#constants;
      if (this.#constants.size > MOST_CONSTANTS) {
        this.#constants.delete(oldest![0]);
        this.device.free(oldest![1]);
      }
    }
    return this.device.share(known);
  }

  /** A buffer of integers that the host knows; the array is the buffer's from now on. */
  fromHost(host: Int32Array, signature: Signature): GpuBuffer {
    const upload: UploadIntegers = (integers, op) => this.#uploaded(exactFloats(integers, op));
    const deferred = new HostIntegers(this.device, host, upload);
    return this.#make(signature, { handle: undefined, deferred, host, below: -1 });
  }

  /** A buffer of those integers of `whole`, which the host knows, that a walk meets. */
  partOfHost(whole: Buffer, host: Int32Array, signature: Signature, walk: Walk): GpuBuffer {
    const { deferred } = this.content(whole, 'read');
    if (!(deferred instanceof HostIntegers)) return this.fromHost(host, signature);
    const part = deferred.part(host, signature.shape, walk);
    return this.#make(signature, { handle: undefined, deferred: part, host, below: -1 });
  }

  /** A buffer of a new handle, which becomes the buffer's. `below`: integers that are known to be 0 or more, and less than this. */
  own(handle: Handle, signature: Signature, below: number = -1): GpuBuffer {
    if (signature.dtype === 'float64') throw noFloat64('this op');
    return this.#make(signature, { handle, host: undefined, below });
  }

  /** The elements on the device. */
  handle(buffer: Buffer, op: string = 'an op'): Handle {
    const content = this.content(buffer, 'read');
    content.handle ??= this.whole(() => this.device.keep(content.deferred!.handle(op)));
    return content.handle;
  }

  /** A buffer of elements that are brought together on demand; they become the buffer's. */
  defer(deferred: Deferred, signature: Signature): GpuBuffer {
    return this.#make(signature, { handle: undefined, deferred, host: undefined, below: -1 });
  }

  /** How the elements of a buffer are to be brought together, where they are not given as one. */
  deferred(buffer: Buffer): Deferred | undefined {
    return this.content(buffer, 'read').deferred;
  }

  /** The elements that the host knows, if it does. */
  host(buffer: Buffer): Int32Array | undefined {
    return this.content(buffer, 'read').host;
  }

  async download(buffer: Buffer): Promise<TypedArray> {
    this.device.checkAlive('download');
    const { host } = this.content(buffer, 'downloaded');
    if (host) return host.slice();
    return this.#typed(buffer, await this.device.download(this.handle(buffer, 'download')));
  }

  downloadSync(buffer: Buffer): TypedArray {
    this.device.checkAlive('download');
    const { host } = this.content(buffer, 'downloaded');
    return host ? host.slice() : this.#typed(buffer, this.device.downloadSync!(this.handle(buffer, 'download')));
  }

  /** Another handle to the same elements, seen with a shape of as many. */
  share(buffer: Buffer, signature: Signature = buffer): GpuBuffer {
    const { handle, deferred, host, below } = this.content(buffer, 'shared');
    return this.#make(signature, {
      handle: handle && this.device.share(handle),
      // Another shape shows the same elements in the same order.
      deferred: deferred?.share(),
      host,
      below,
    });
  }

  free(buffer: Buffer): void {
    const { handle, deferred } = this.content(buffer, 'freed again');
    (buffer as GpuBuffer).content = undefined;
    this.#buffers--;
    if (handle) this.device.free(handle);
    deferred?.free();
  }

  content(buffer: Buffer, verb: string): Content {
    if (!(buffer instanceof GpuBuffer) || buffer.memory !== this) {
      throw new UnrollError(
        'BACKEND_MISMATCH',
        `gpujs: a ${describe(buffer)} buffer of another backend cannot be ${verb} here. Download it there and upload it here.`,
      );
    }
    if (!buffer.content) {
      throw new UnrollError(
        'USE_AFTER_DISPOSE',
        `gpujs: a ${describe(buffer)} buffer was freed and cannot be ${verb}. Take a second handle with share(buffer) to keep its memory.`,
      );
    }
    return buffer.content;
  }

  #make(signature: Signature, content: Content): GpuBuffer {
    this.device.checkAlive('a new buffer');
    this.#buffers++;
    const buffer = new GpuBuffer(this, signature, content);
    if (content.handle) this.device.keep(content.handle);
    this.#made?.push(buffer);
    return buffer;
  }

  #typed(buffer: Buffer, values: Float32Array): TypedArray {
    if (buffer.dtype !== 'int32') return values;
    for (const [i, value] of values.entries()) {
      if (!(Math.abs(value) <= LARGEST_INTEGER)) throw tooLarge(`position ${i} of an int32 result`);
    }
    return Int32Array.from(values);
  }
}

/** Refuses what the device cannot hold. */
export function noFloat64(op: string): UnrollError {
  return new UnrollError(
    'DTYPE_MISMATCH',
    `gpujs: ${op}: there is no float64 on the GPU. Use float32 (castParameters(model, 'float32')), or @unroll/backend-cpu or -wasm.`,
  );
}

function describe(buffer: Buffer): string {
  return `${buffer.dtype} ${formatShape(buffer.shape)}`;
}
