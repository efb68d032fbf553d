import {
  type Backend,
  type Buffer,
  type DType,
  type Primitive,
  type PrimitiveAttrs,
  type Shape,
  type Signature,
  type TypedArray,
  UnrollError,
  formatShape,
  inferSignatures,
  isFloat,
  sizeOf,
} from '@unroll/backend';
import { dropAxes, normalizeAxes, normalizeAxis } from './axes.ts';
import { BRAND, COPY, isTensor } from './brand.ts';
import { commonBackend } from './common-backend.ts';
import { constantBuffer } from './constants.ts';
import { describe } from './describe.ts';
import { fitShape, partSizes } from './fit-shape.ts';
import { formatTensor } from './format.ts';
import type { Parts } from './parts.ts';
import { notifyRecorders } from './recorder.ts';
import { type Scope, currentScope } from './scope.ts';
import { isTracing } from './tracing.ts';

/** What an op takes: a tensor, a Parameter (its value is meant), or a number (of the other operand's dtype). */
export type TensorLike = Tensor | { readonly value: Tensor } | number;

/** How a reduction treats the axes that it reduces. */
export interface ReduceOptions {
  /** Keep them with length 1, so that the result broadcasts against the input. Default: drop them. */
  readonly keepDims?: boolean;
}

/** Which operands of a matrix product are given transposed. Nothing is copied. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * An immutable array of numbers on some backend. Ops make new tensors; the memory is given back by the `scope` around them, by
 * `dispose`, or by the garbage collector.
 *
 * Axes may count from the end: −1 is the last. Binary ops broadcast by NumPy's rule.
 */
export class Tensor implements Signature {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly backend: Backend;
  /** The scope that will free this tensor; none for one that lives until it is disposed. Set by `scope` and `keep` alone. */
  owner: Scope | undefined;
  #buffer: Buffer | undefined;

  static {
    // Not as class members: declaration files can't name these keys.
    Object.defineProperty(this.prototype, BRAND, { value: COPY });
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Tensor): string {
        return formatTensor(this);
      },
    });
  }

  /** Takes over the handle `buffer`. Programs make tensors with `tensor`, `zeros` and ops. */
  constructor(buffer: Buffer, backend: Backend) {
    this.shape = buffer.shape;
    this.dtype = buffer.dtype;
    this.backend = backend;
    this.#buffer = buffer;
    const owner = currentScope();
    this.owner = owner;
    owner?.tensors.push(this);
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /**
   * The device memory, for backends.
   * @throws UnrollError USE_AFTER_DISPOSE
   */
  get buffer(): Buffer {
    if (this.#buffer) return this.#buffer;
    throw new UnrollError(
      'USE_AFTER_DISPOSE',
      `A tensor ${formatShape(this.shape)} was used after it was freed. ` +
        'If a scope freed it, return it from the scope, or take it out with keep(tensor).',
    );
  }

  /** Whether the memory was given back. */
  get isDisposed(): boolean {
    return this.#buffer === undefined;
  }

  /** Gives the memory back. Twice does no harm. */
  dispose(): void {
    if (!this.#buffer) return;
    this.backend.free(this.#buffer);
    this.#buffer = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  // Reading

  /** A copy of the elements, row-major. */
  data(): Promise<TypedArray> {
    return this.backend.download(this.buffer);
  }

  /**
   * The same without waiting.
   * @throws UnrollError NOT_SYNCHRONOUS on a backend that can only read asynchronously
   */
  dataSync(): TypedArray {
    if (this.backend.downloadSync) return this.backend.downloadSync(this.buffer);
    throw new UnrollError(
      'NOT_SYNCHRONOUS',
      `dataSync: ${this.backend.name} can't read without waiting. Use await data().`,
    );
  }

  /**
   * The only element, without waiting.
   * @throws UnrollError SHAPE_MISMATCH unless there is exactly one
   */
  item(): number {
    if (this.size === 1) return this.dataSync()[0]!;
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `item: ${formatShape(this.shape)} has ${this.size} elements, not one. Use dataSync().`,
    );
  }

  toString(): string {
    return formatTensor(this);
  }

  // Elementwise

  neg(): Tensor {
    return apply('neg', [this], {});
  }
  exp(): Tensor {
    return apply('exp', [this], {});
  }
  /** The natural logarithm. */
  log(): Tensor {
    return apply('log', [this], {});
  }
  sqrt(): Tensor {
    return apply('sqrt', [this], {});
  }
  square(): Tensor {
    return apply('mul', [this, this], {});
  }
  /** |x|; the derivative at 0 is 0. */
  abs(): Tensor {
    return apply('maximum', [this, this.neg()], {});
  }
  tanh(): Tensor {
    return apply('tanh', [this], {});
  }
  /** 1 / (1 + e⁻ˣ) */
  sigmoid(): Tensor {
    return apply('sigmoid', [this], {});
  }
  /** max(x, 0); the derivative at 0 is 0. */
  relu(): Tensor {
    return apply('relu', [this], {});
  }
  /** 2/√π ∫₀ˣ e^(−t²) dt */
  erf(): Tensor {
    return apply('erf', [this], {});
  }

  /** sin x, x in radians */
  sin(): Tensor {
    return apply('sin', [this], {});
  }
  /** cos x, x in radians */
  cos(): Tensor {
    return apply('cos', [this], {});
  }

  add(y: TensorLike): Tensor {
    return apply('add', [this, asOperand('add', y, this)], {});
  }
  sub(y: TensorLike): Tensor {
    return apply('sub', [this, asOperand('sub', y, this)], {});
  }
  mul(y: TensorLike): Tensor {
    return apply('mul', [this, asOperand('mul', y, this)], {});
  }
  div(y: TensorLike): Tensor {
    return apply('div', [this, asOperand('div', y, this)], {});
  }
  maximum(y: TensorLike): Tensor {
    return apply('maximum', [this, asOperand('maximum', y, this)], {});
  }
  minimum(y: TensorLike): Tensor {
    return opposite(opposite(this).maximum(opposite(asOperand('minimum', y, this))));
  }
  /** 1 where x < y, else 0, in the dtype of x. */
  less(y: TensorLike): Tensor {
    return apply('less', [this, asOperand('less', y, this)], {});
  }
  /** 1 where x > y, else 0. */
  greater(y: TensorLike): Tensor {
    return apply('less', [asOperand('greater', y, this), this], {});
  }
  /** 1 where x = y, else 0. */
  equal(y: TensorLike): Tensor {
    return apply('equal', [this, asOperand('equal', y, this)], {});
  }
  /** The same numbers in another dtype; to int32 truncates toward zero. */
  cast(dtype: DType): Tensor {
    return apply('cast', [this], { dtype });
  }

  // Products

  /** [m, k] × [k, n] → [m, n], or batches [b, m, k] × [b, k, n] → [b, m, n]. */
  matmul(y: TensorLike, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor {
    return apply('matmul', [this, asOperand('matmul', y, this)], { transposeA, transposeB });
  }

  // Reductions over some axes, by default all

  sum(axes?: number | readonly number[], options?: ReduceOptions): Tensor {
    const over = normalizeAxes('sum', axes, this.shape);
    return finishReduction(apply('sum', [this], { axes: over }), over, options);
  }
  /** NaN over nothing. */
  mean(axes?: number | readonly number[], options?: ReduceOptions): Tensor {
    const over = normalizeAxes('mean', axes, this.shape);
    const count = over.reduce((product, axis) => product * this.shape[axis]!, 1);
    return this.sum(over, options).div(count);
  }
  max(axes?: number | readonly number[], options?: ReduceOptions): Tensor {
    const over = normalizeAxes('max', axes, this.shape);
    return finishReduction(apply('max', [this], { axes: over }), over, options);
  }
  /** Over nothing the largest number there is: ∞, or 2147483647. */
  min(axes?: number | readonly number[], options?: ReduceOptions): Tensor {
    return opposite(opposite(this).max(axes, options));
  }
  /** int32: the first position of the largest element along `axis`. */
  argmax(axis = -1, options?: ReduceOptions): Tensor {
    const over = normalizeAxis('argmax', axis, this.shape);
    return finishReduction(apply('argmax', [this], { axis: over }), [over], options);
  }

  /** int32: the first position of the smallest element along `axis`. */
  argmin(axis = -1, options?: ReduceOptions): Tensor {
    return opposite(this).argmax(axis, options);
  }

  // Movement

  /** The same elements in another shape; one length may be −1, which then fits. */
  reshape(shape: Shape): Tensor {
    return apply('reshape', [this], { shape: fitShape(shape, this.size) });
  }
  /** Axis i of the result is axis order[i] of this tensor; by default the axes are reversed. */
  transpose(order?: readonly number[]): Tensor {
    const axes = order ?? this.shape.map((_, axis) => axis).toReversed();
    return apply('transpose', [this], { order: axes.map((axis) => normalizeAxis('transpose', axis, this.shape)) });
  }
  /** Repeats axes of length 1, and missing leading axes. */
  broadcastTo(shape: Shape): Tensor {
    return apply('broadcast', [this], { shape });
  }
  reverse(axis: number): Tensor {
    return apply('reverse', [this], { axis: normalizeAxis('reverse', axis, this.shape) });
  }
  /** Pieces along `axis`: as many equal ones as a number says, or of the given sizes. */
  split<const P extends number | readonly number[]>(axis: number, parts: P): Parts<P>;
  split(axis: number, parts: number | readonly number[]): readonly Tensor[] {
    const along = normalizeAxis('split', axis, this.shape);
    return run('split', [this], { axis: along, sizes: partSizes(this.shape, along, parts) });
  }
  slice(axis: number, start: number, size: number): Tensor {
    return apply('slice', [this], { axis: normalizeAxis('slice', axis, this.shape), start, size });
  }
  /** Zeros before and after along `axis`. */
  pad(axis: number, before: number, after: number): Tensor {
    return apply('pad', [this], { axis: normalizeAxis('pad', axis, this.shape), before, after });
  }
  /** Inserts an axis of length 1 in front of `axis` (−1: at the end). */
  expandDims(axis: number): Tensor {
    const at = axis < 0 ? axis + this.rank + 1 : axis;
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
  }
  /** Removes axes of length 1. */
  squeeze(axes: number | readonly number[]): Tensor {
    const over = normalizeAxes('squeeze', axes, this.shape);
    if (over.every((axis) => this.shape[axis] === 1)) return this.reshape(dropAxes(this.shape, over));
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `squeeze: the axes ${over.join(', ')} of ${formatShape(this.shape)} are not all of length 1.`,
    );
  }
  /** Rows of this table [rows, …rest] at int32 indices [...i] → [...i, …rest]. */
  gather(indices: Tensor): Tensor {
    return apply('gather', [this, indices], {});
  }

  /** The same value as a constant: no derivative flows through it. */
  detach(): Tensor {
    return new Tensor(this.backend.share(this.buffer), this.backend);
  }
}

/**
 * The one place that every op goes through: checks shapes, lets the backend of the inputs compute, tells the recorders. Where one
 * input is a symbol of a tracing backend, the op is traced.
 * @throws UnrollError SHAPE_MISMATCH, DTYPE_MISMATCH, BACKEND_MISMATCH, … naming the op, the shapes and the remedy
 */
export function run<P extends Primitive>(
  primitive: P,
  inputs: readonly Tensor[],
  attrs: PrimitiveAttrs[P],
): readonly Tensor[] {
  const backend = commonBackend(primitive, inputs);
  // What only stands on paper has not run, and no recorder hears of it.
  if (isTracing(backend)) return backend.trace(primitive, inputs, attrs).map((buffer) => new Tensor(buffer, backend));
  const signatures = inferSignatures(primitive, inputs, attrs);
  const kernel = backend.primitives[primitive];
  const buffers = kernel(
    inputs.map((input) => input.buffer),
    attrs,
    signatures,
  );
  const outputs = buffers.map((buffer) => new Tensor(buffer, backend));
  notifyRecorders({ primitive, inputs, attrs, outputs } as Parameters<typeof notifyRecorders>[0]);
  return outputs;
}

/** `run` for the primitives that make one tensor. */
export function apply<P extends Exclude<Primitive, 'split'>>(
  primitive: P,
  inputs: readonly Tensor[],
  attrs: PrimitiveAttrs[P],
): Tensor {
  return run(primitive, inputs, attrs)[0]!;
}

/** The tensor that an operand stands for; a number takes dtype and backend of the operand beside it. */
export function asOperand(op: string, x: TensorLike, beside: Tensor): Tensor {
  if (typeof x === 'number') {
    if (!isFloat(beside.dtype) && !Number.isInteger(x)) {
      throw new UnrollError('DTYPE_MISMATCH', `${op}: ${x} is no int32. Cast the tensor first: x.cast('float32').`);
    }
    return new Tensor(constantBuffer(x, beside.dtype, beside.backend), beside.backend);
  }
  return asTensor(op, x, 'a tensor, a Parameter or a number');
}

/** The tensor that a tensor or a Parameter stands for. */
export function asTensor(op: string, x: Exclude<TensorLike, number>, expected = 'a tensor or a Parameter'): Tensor {
  if (isTensor(x)) return x;
  if (typeof x === 'object' && x !== null && isTensor(x.value)) return x.value;
  const got = typeof x === 'object' ? describe(x) : `${typeof x}: ${describe(x)}`;
  throw new UnrollError('INVALID_ARGUMENT', `${op}: expected ${expected}, got ${got}.`);
}

/** In opposite order: −x, or for int32 −x − 1, since the lowest has no −x there. Applied twice it is x again. */
function opposite(x: Tensor): Tensor {
  return isFloat(x.dtype) ? x.neg() : x.neg().sub(1);
}

function finishReduction(reduced: Tensor, axes: readonly number[], options?: ReduceOptions): Tensor {
  return options?.keepDims ? reduced : reduced.reshape(dropAxes(reduced.shape, axes));
}
