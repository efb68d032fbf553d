import { Tensor } from '@unroll/tensor';

/** The tensors in a batch by their path, `inputs`, `0.targets`: in arrays and plain objects. */
export function tensorsIn(batch: unknown): ReadonlyMap<string, Tensor> {
  const found = new Map<string, Tensor>();
  mapBatch(batch, '', (tensor, path) => (found.set(path, tensor), tensor));
  return found;
}

/** The batch with one of its tensors replaced. */
export function withTensor<Batch>(batch: Batch, path: string, replacement: Tensor): Batch {
  // Same structure, same kinds of leaves.
  return mapBatch(batch, '', (tensor, at) => (at === path ? replacement : tensor)) as Batch;
}

function mapBatch(value: unknown, path: string, fn: (tensor: Tensor, path: string) => Tensor): unknown {
  if (value instanceof Tensor) return fn(value, path);
  const below = (key: string | number): string => (path === '' ? String(key) : `${path}.${key}`);
  if (Array.isArray(value)) return value.map((item: unknown, i) => mapBatch(item, below(i), fn));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapBatch(item, below(key), fn)]));
}

/** The last key of a path. */
export function keyOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
