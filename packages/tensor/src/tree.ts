import { isTensor } from './brand.ts';
import type { Tensor } from './tensor.ts';

/** Tensors in a structure of arrays and plain objects: a state, a batch, a list of gradients. */
export type TensorTree = Tensor | readonly TensorTree[] | { readonly [name: string]: TensorTree };

/** A tree of the same structure, each tensor replaced by what `fn` makes of it. */
export function mapTensors<Tree extends TensorTree>(tree: Tree, fn: (tensor: Tensor, path: string) => Tensor): Tree;
export function mapTensors(tree: TensorTree, fn: (tensor: Tensor, path: string) => Tensor): TensorTree {
  return mapAt(tree, fn, '');
}

function mapAt(tree: TensorTree, fn: (tensor: Tensor, path: string) => Tensor, path: string): TensorTree {
  if (isTensor(tree)) return fn(tree, path);
  const below = (key: string | number): string => (path === '' ? String(key) : `${path}.${key}`);
  if (Array.isArray(tree)) return tree.map((item: TensorTree, i) => mapAt(item, fn, below(i)));
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, mapAt(value, fn, below(key))]));
}

/** The tensors of a tree in a fixed order: arrays by index, objects by insertion. */
export function tensorsOf(tree: TensorTree): readonly Tensor[] {
  const tensors: Tensor[] = [];
  collect(tree, tensors);
  return tensors;
}

function collect(tree: TensorTree, tensors: Tensor[]): void {
  if (isTensor(tree)) tensors.push(tree);
  else if (Array.isArray(tree)) for (const item of tree as readonly TensorTree[]) collect(item, tensors);
  else for (const item of Object.values(tree)) collect(item, tensors);
}

/** Calls `visit` for every tensor that can be reached from any value through fields, arrays, maps and sets; once each. */
export function visitTensors(value: unknown, visit: (tensor: Tensor) => void, seen: Set<object> = new Set()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  if (ArrayBuffer.isView(value)) return;
  seen.add(value);
  if (isTensor(value)) {
    visit(value);
  } else if (value instanceof Map) {
    for (const item of value.values()) visitTensors(item, visit, seen);
  } else if (Array.isArray(value) || value instanceof Set) {
    for (const item of value) visitTensors(item, visit, seen);
  } else {
    for (const item of Object.values(value)) visitTensors(item, visit, seen);
  }
}
