import {
  type Buffer,
  type Primitive,
  type PrimitiveKernels,
  type Signature,
  type TypedArray,
  UnrollError,
  primitiveNames,
} from '@unroll/backend';
import { type Backend, Tensor, type TracingBackend, isRecording, isTracing } from '@unroll/tensor';
import type { Tracer } from './retrace.ts';
import { Value } from './value.ts';

/** A step that can't be written down as a graph of ops; the message is the reason, to stand after "because". */
export class Untraceable extends UnrollError {
  override readonly name: string = 'Untraceable';

  constructor(reason: string) {
    super('INVALID_ARGUMENT', reason);
  }
}

/** Has every op written into a graph. Real tensors become leaves named `captured`. */
export class TraceBackend implements TracingBackend {
  readonly name: string = 'trace';
  readonly #tracer: Tracer;
  /** The backend on which the loop will run; none when the step has ended. */
  #real: Backend | undefined;
  #captured: Map<Tensor, Value> = new Map();
  /** Second handles of those that the step may free before the loop has run. */
  readonly #held: Map<Tensor, Buffer> = new Map();

  constructor(tracer: Tracer, real?: Backend) {
    this.#tracer = tracer;
    this.#real = real;
  }

  /** For whoever asks for kernels. */
  get primitives(): PrimitiveKernels {
    const kernel =
      (name: Primitive): Kernel =>
      (inputs, attrs, signatures) =>
        this.#tracer.make(name, inputs.map(valueOf), attrs, signatures);
    return Object.fromEntries(primitiveNames.map((name) => [name, kernel(name)])) as PrimitiveKernels;
  }

  trace(primitive: Primitive, inputs: readonly Tensor[], attrs: never): readonly Buffer[] {
    const values: Value[] = [];
    for (const input of inputs) values.push(valueOf(input.backend === this ? input.buffer : this.lift(input)));
    return this.#tracer.make(primitive, values, attrs);
  }

  lift(tensor: Tensor): Buffer {
    if (isTracing(tensor.backend)) throw new Untraceable('a value of another traced step is used in it');
    if (!this.#real) throw new Untraceable('a value of a step is used after the step');
    if (tensor.backend !== this.#real) throw new Untraceable(`a tensor in it lives on ${tensor.backend.name}`);
    let leaf = this.#captured.get(tensor);
    if (!leaf) {
      this.#captured.set(tensor, (leaf = this.#tracer.leaf(`captured ${this.#captured.size}`, tensor, 0)));
      // What is recorded, scopes leave alone; and a copy would not be recorded.
      if (tensor.owner && !isRecording()) this.#held.set(tensor, this.#real.share(tensor.buffer));
    }
    return leaf;
  }

  /**
   * Real tensors that the step used, and the leaves that stand for them; those that the step has freed since are there once more. Graphs
   * are kept, so this lets go of what is real.
   */
  end(): ReadonlyMap<Tensor, Value> {
    let captured: ReadonlyMap<Tensor, Value> = this.#captured;
    if (this.#held.size > 0)
      captured = new Map(Array.from(captured, ([tensor, leaf]) => [this.#alive(tensor), leaf] as const));
    this.release();
    return captured;
  }

  /** Lets go of what is real, whether the step has ended or failed. */
  release(): void {
    for (const [{ backend }, handle] of this.#held) backend.free(handle);
    this.#held.clear();
    this.#captured = new Map();
    this.#real = undefined;
  }

  #alive(tensor: Tensor): Tensor {
    const handle = this.#held.get(tensor);
    if (!handle || !tensor.isDisposed) return tensor;
    this.#held.delete(tensor);
    return new Tensor(handle, tensor.backend);
  }

  /** Numbers in equations, zeros and ones. Other data might be another at the next step: random numbers, a counter. */
  upload(data: TypedArray, signature: Signature): Buffer {
    const first = data[0] ?? 0;
    if (!data.every((element) => Object.is(element, first))) {
      throw new Untraceable('the step makes a tensor from data; make it once, outside of step');
    }
    return this.#tracer.number(first, signature);
  }

  /** The one use of a second handle to a symbol's memory is `detach`. */
  share(buffer: Buffer): Buffer {
    const value = valueOf(buffer);
    return value.constant === undefined ? this.#tracer.make('detach', [value], {})[0]! : value;
  }

  free(): void {}

  async download(): Promise<TypedArray> {
    return this.downloadSync();
  }

  downloadSync(): TypedArray {
    throw new Untraceable('the step reads the elements of a tensor');
  }
}

/** The value behind a symbol's buffer. */
export function valueOf(buffer: Buffer): Value {
  if (buffer instanceof Value) return buffer;
  throw new UnrollError('BACKEND_MISMATCH', 'scan: a real tensor stands where a traced one is expected.');
}

type Kernel = (inputs: readonly Buffer[], attrs: never, signatures: readonly Signature[]) => readonly Buffer[];
