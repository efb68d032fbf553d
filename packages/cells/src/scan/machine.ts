import {
  type Backend,
  type Buffer,
  type DType,
  type FusedAttrs,
  type Kernel,
  type LoopProgram,
  type Primitive,
  type PrimitiveAttrs,
  type Shape,
  type Signature,
  allocate,
  inferFusedSignatures,
  inferSignatures,
} from '@unroll/backend';
import { Tensor, full, run } from '@unroll/tensor';

/** As `CompiledLoop`, on the values of a machine. */
export type MachineLoop<V> = (run: {
  readonly time: number;
  constant(value: number): V;
  series(value: number): V;
  readonly carried: readonly V[];
}) => {
  readonly carried: readonly V[];
  readonly series: ReadonlyMap<number, V>;
  readonly totals: ReadonlyMap<number, V>;
};

/** The whole ops of a program. */
type OverTime = 'productOverTime' | 'sumOfProducts';

/** What a program runs on: values of some kind, and ops on them. Every value that is made is freed by whoever got it. */
export interface Machine<V extends Signature> {
  /** `signatures` are those of the outputs, where the caller knows them. */
  run<P extends Primitive>(
    primitive: P,
    inputs: readonly V[],
    attrs: PrimitiveAttrs[P],
    signatures?: readonly Signature[],
  ): readonly V[];
  /** What a whole op of one result makes, if there is a kernel for it. */
  runFused?<F extends OverTime>(op: F, inputs: readonly V[], attrs: FusedAttrs[F]): V | undefined;
  scalar(value: number, dtype: DType): V;
  /** A second handle, freed on its own. */
  share(value: V): V;
  free(value: V): void;
  /** Code for the steps of a program, if there is any. */
  loopOf?(program: LoopProgram): MachineLoop<V> | undefined;
  /** Hands a value over as a tensor. */
  toTensor(value: V): Tensor;
  /** Looks at a tensor; the value is not to be freed. */
  ofTensor(tensor: Tensor): V;
}

/** Straight on the backend's kernels: nothing is recorded, nothing is checked again, and memory is freed at once. */
export class BufferMachine implements Machine<Buffer> {
  readonly #backend: Backend;
  readonly #live: Set<Buffer> | undefined;

  /** `live` always holds what was made and is neither freed nor handed over. */
  constructor(backend: Backend, live?: Set<Buffer>) {
    this.#backend = backend;
    this.#live = live;
  }

  run<P extends Primitive>(
    primitive: P,
    inputs: readonly Buffer[],
    attrs: PrimitiveAttrs[P],
    signatures: readonly Signature[] = inferSignatures(primitive, inputs, attrs),
  ): readonly Buffer[] {
    const outputs = this.#backend.primitives[primitive](inputs, attrs, signatures);
    if (this.#live) for (const output of outputs) this.#live.add(output);
    return outputs;
  }

  runFused<F extends OverTime>(op: F, inputs: readonly Buffer[], attrs: FusedAttrs[F]): Buffer | undefined {
    const kernel: Kernel<FusedAttrs[F]> | undefined = this.#backend.fused?.[op];
    return kernel && this.#made(kernel(inputs, attrs, inferFusedSignatures(op, inputs, attrs))[0]!);
  }

  scalar(value: number, dtype: DType): Buffer {
    const data = allocate(dtype, 1);
    data[0] = value;
    return this.#made(this.#backend.upload(data, { shape: [], dtype }));
  }

  share(value: Buffer): Buffer {
    return this.#made(this.#backend.share(value));
  }

  free(value: Buffer): void {
    this.#live?.delete(value);
    this.#backend.free(value);
  }

  loopOf(program: LoopProgram): MachineLoop<Buffer> | undefined {
    const compiled = this.#backend.compileLoop?.(program);
    if (typeof compiled !== 'function') return undefined;
    return (run) => {
      const results = compiled(run);
      for (const value of [...results.carried, ...results.series.values(), ...results.totals.values()])
        this.#made(value);
      return results;
    };
  }

  toTensor(value: Buffer): Tensor {
    this.#live?.delete(value);
    return new Tensor(value, this.#backend);
  }

  ofTensor(tensor: Tensor): Buffer {
    return tensor.buffer;
  }

  #made(value: Buffer): Buffer {
    this.#live?.add(value);
    return value;
  }
}

/** Runs `work` on a backend's kernels. If it fails, all that it made is freed. */
export function onBuffers<T>(backend: Backend, work: (machine: BufferMachine) => T): T {
  const live = new Set<Buffer>();
  try {
    return work(new BufferMachine(backend, live));
  } catch (error) {
    for (const value of live) backend.free(value);
    throw error;
  }
}

/** On tensors, so that recorders hear of every op: the derivative of a derivative. Scopes free what is made. */
export class TensorMachine implements Machine<Tensor> {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  run<P extends Primitive>(primitive: P, inputs: readonly Tensor[], attrs: PrimitiveAttrs[P]): readonly Tensor[] {
    return run(primitive, inputs, attrs);
  }

  scalar(value: number, dtype: DType): Tensor {
    return full([], value, { dtype, backend: this.#backend });
  }

  share(value: Tensor): Tensor {
    return value;
  }

  free(): void {}

  toTensor(value: Tensor): Tensor {
    return value;
  }

  ofTensor(tensor: Tensor): Tensor {
    return tensor;
  }
}

/** `run` for the primitives that make one value. */
export function apply<V extends Signature, P extends Exclude<Primitive, 'split'>>(
  machine: Machine<V>,
  primitive: P,
  inputs: readonly V[],
  attrs: PrimitiveAttrs[P],
): V {
  return machine.run(primitive, inputs, attrs)[0]!;
}

/** An op on a value that is not needed afterwards. */
export function applyTo<V extends Signature, P extends Exclude<Primitive, 'split'>>(
  machine: Machine<V>,
  primitive: P,
  input: V,
  attrs: PrimitiveAttrs[P],
): V {
  const output = apply(machine, primitive, [input], attrs);
  machine.free(input);
  return output;
}

/** Zeros of a shape. */
export function zerosOn<V extends Signature>(machine: Machine<V>, shape: Shape, dtype: DType): V {
  return applyTo(machine, 'broadcast', machine.scalar(0, dtype), { shape });
}
