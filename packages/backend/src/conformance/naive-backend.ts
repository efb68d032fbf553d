import type { Backend, Kernel, PrimitiveKernels } from '../backend.ts';
import { type Buffer, type Signature, type TypedArray, allocate, dtypeOf } from '../buffer.ts';
import { UnrollError } from '../errors.ts';
import type { Primitive, PrimitiveAttrs } from '../primitives.ts';
import { sizeOf } from '../shape.ts';
import { primitiveNames } from '../signatures.ts';
import { reference } from './reference.ts';

export interface NaiveBackend extends Backend {
  /** Handles that were not freed. */
  readonly live: () => number;
}

/** The smallest backend: a handle is its data until it is freed, and the reference computes. For testing the suite itself. */
export function naiveBackend({ synchronous = true }: { readonly synchronous?: boolean } = {}): NaiveBackend {
  const memory = new Map<Buffer, TypedArray>();

  const make = ({ shape, dtype }: Signature, values: ArrayLike<number>): Buffer => {
    const buffer = { shape, dtype };
    const data = allocate(dtype, values.length);
    data.set(values);
    memory.set(buffer, data);
    return buffer;
  };
  const read = (buffer: Buffer): TypedArray => {
    const data = memory.get(buffer);
    if (!data) throw new UnrollError('USE_AFTER_DISPOSE', 'naive: this buffer was freed, or never made here.');
    return data;
  };
  const kernel =
    <P extends Primitive>(primitive: P): Kernel<PrimitiveAttrs[P]> =>
    (inputs, attrs, outputs) => {
      const values = inputs.map(({ shape, dtype }, i) => ({ shape, dtype, data: read(inputs[i]!) }));
      if (primitive === 'gather') checkIndices(values[1]!.data, inputs[0]!.shape[0]!);
      if (primitive === 'scatterAdd') checkIndices(values[1]!.data, outputs[0]!.shape[0]!);
      return reference[primitive](values, attrs, outputs).map((result, i) => make(outputs[i]!, result));
    };

  return {
    name: 'naive',
    live: () => memory.size,
    primitives: Object.fromEntries(
      primitiveNames.map((primitive) => [primitive, kernel(primitive)]),
    ) as PrimitiveKernels,
    upload: (data, signature) => {
      if (dtypeOf(data) !== signature.dtype) throw new UnrollError('DTYPE_MISMATCH', 'naive: wrong type of array.');
      if (data.length !== sizeOf(signature.shape)) throw new UnrollError('SHAPE_MISMATCH', 'naive: wrong length.');
      return make(signature, data);
    },
    download: async (buffer) => read(buffer).slice(),
    ...(synchronous && { downloadSync: (buffer) => read(buffer).slice() }),
    share: (buffer) => make(buffer, read(buffer)),
    free: (buffer) => {
      read(buffer);
      memory.delete(buffer);
    },
  };
}

function checkIndices(indices: TypedArray, rows: number): void {
  if (!indices.every((index) => index >= 0 && index < rows)) {
    throw new UnrollError('INDEX_OUT_OF_RANGE', 'naive: an index is out of range.');
  }
}
