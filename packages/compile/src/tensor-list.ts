import { UnrollError, type Shape, type TypedArray } from '@unroll/backend';
import type { SafetensorsTensor } from '@unroll/io';

/** A tensor that goes into a file. */
export interface ListedTensor {
  readonly dtype: string;
  readonly shape: Shape;
  readonly data: TypedArray | Uint8Array;
}

/** Tensors of a file, each once: what is equal to one that is there gets its name. */
export class TensorList {
  readonly byName: Map<string, SafetensorsTensor> = new Map();

  /** Gives the name under which it is there. */
  add(name: string, { dtype, shape, data }: ListedTensor): string {
    const tensor = { dtype: DTYPES[dtype], shape, data } as SafetensorsTensor;
    for (const [other, known] of this.byName) if (isEqual(known, tensor)) return other;
    if (this.byName.has(name)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `compileModel: two different tensors are named ${name}. Rename the field of one.`,
      );
    }
    this.byName.set(name, tensor);
    return name;
  }
}

const DTYPES: Readonly<Record<string, string>> = { float32: 'F32', int32: 'I32', uint8: 'U8' };

function isEqual(a: SafetensorsTensor, b: SafetensorsTensor): boolean {
  return (
    a.dtype === b.dtype && a.shape.join() === b.shape.join() && bytesOf(a).every((byte, i) => byte === bytesOf(b)[i])
  );
}

function bytesOf({ data }: SafetensorsTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
