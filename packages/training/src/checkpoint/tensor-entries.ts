import type { Shape, TypedArray } from '@unroll/backend';
import type { SafetensorsTensor, StateDict } from '@unroll/io';
import type { Tensor } from '@unroll/tensor';

/** Host data as safetensors stores it. */
export function toEntry({ shape, data }: { readonly shape: Shape; readonly data: TypedArray }): SafetensorsTensor {
  if (data instanceof Float32Array) return { dtype: 'F32', shape, data };
  if (data instanceof Float64Array) return { dtype: 'F64', shape, data };
  return { dtype: 'I32', shape, data };
}

/** Copies of named tensors, as they are at the time of the call. */
export async function readTensors(named: Iterable<readonly [string, Tensor]>): Promise<StateDict> {
  const reads = Array.from(named, async ([name, value]) => {
    return [name, toEntry({ shape: value.shape, data: await value.data() })] as const;
  });
  return new Map(await Promise.all(reads));
}

/** The entries whose name begins with `prefix`, without it. */
export function entriesBelow(prefix: string, entries: StateDict): StateDict {
  const below = new Map<string, SafetensorsTensor>();
  for (const [name, entry] of entries) if (name.startsWith(prefix)) below.set(name.slice(prefix.length), entry);
  return below;
}
