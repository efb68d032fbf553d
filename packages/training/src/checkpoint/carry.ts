import { type Backend, type TypedArray, UnrollError } from '@unroll/backend';
import type { StateDict } from '@unroll/io';
import { Tensor, type TensorTree, getBackend, keep, mapTensors, tensor, tensorsOf } from '@unroll/tensor';
import * as v from 'valibot';
import { readTensors } from './tensor-entries.ts';

/** The structure of a carried state, with the name of its tensor at each leaf. */
export type CarryLayout = string | readonly CarryLayout[] | { readonly [name: string]: CarryLayout };

export const carryLayoutSchema: v.GenericSchema<CarryLayout> = v.lazy(() =>
  v.union([v.string(), v.array(carryLayoutSchema), v.record(v.string(), carryLayoutSchema)]),
);

/** A carried state outside of any device. */
export interface SavedCarry {
  readonly layout: CarryLayout;
  readonly tensors: StateDict;
}

/** A state as a constant that lives until `disposeCarry`. Its tensors are new handles, so whatever else holds them may free its own. */
export function ownCarry<Carry extends TensorTree>(carry: Carry): Carry {
  return mapTensors(carry, (leaf) => keep(leaf.detach()));
}

/** Gives the memory of an owned state back. */
export function disposeCarry(carry: TensorTree | undefined): void {
  if (carry !== undefined) for (const leaf of tensorsOf(carry)) leaf.dispose();
}

/** @throws UnrollError INVALID_ARGUMENT if two leaves have the same path, as in `{ 'a.b': x, a: { b: y } }` */
export async function saveCarry(carry: TensorTree): Promise<SavedCarry> {
  const leaves = new Map<string, Tensor>();
  const layout = collect(carry, '', leaves);
  return { layout, tensors: await readTensors(leaves) };
}

function collect(carry: TensorTree, path: string, leaves: Map<string, Tensor>): CarryLayout {
  const below = (key: string | number): string => (path === '' ? String(key) : `${path}.${key}`);
  if (carry instanceof Tensor) {
    if (leaves.has(path)) {
      throw new UnrollError('INVALID_ARGUMENT', `Two tensors of the carried state are named ${path}. Rename a field.`);
    }
    leaves.set(path, carry);
    return path;
  }
  if (Array.isArray(carry)) return carry.map((item: TensorTree, i) => collect(item, below(i), leaves));
  return Object.fromEntries(Object.entries(carry).map(([key, item]) => [key, collect(item, below(key), leaves)]));
}

/**
 * The tensors of a saved state, in its structure, owned.
 * @throws UnrollError INVALID_FILE if one is missing
 */
export function loadCarry({ layout, tensors }: SavedCarry, backend: Backend = getBackend()): TensorTree {
  if (typeof layout === 'string') {
    const entry = tensors.get(layout);
    if (!entry)
      throw new UnrollError('INVALID_FILE', `carry: the tensor ${layout} is missing. The checkpoint is damaged.`);
    return keep(tensor(entry.data as TypedArray, { shape: entry.shape, backend }));
  }
  if (Array.isArray(layout)) return layout.map((item: CarryLayout) => loadCarry({ layout: item, tensors }, backend));
  return Object.fromEntries(
    Object.entries(layout).map(([key, item]) => [key, loadCarry({ layout: item, tensors }, backend)]),
  );
}
