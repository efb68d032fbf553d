import { type Tensor, type TensorTree, mapTensors, tensor } from '@unroll/tensor';

/**
 * Rows of everything in a state, a memory or both: leaves [batch, …] at int32 `rows` [n] → [n, …]. A beam search keeps the states of the hypotheses
 * that survive with it, and repeats the memory of a source for each of them.
 */
export function gatherRows<Tree extends TensorTree>(tree: Tree, rows: Tensor): Tree {
  return mapTensors(tree, (leaf) => leaf.gather(rows));
}

/** Each row of every leaf [batch, …] so many times, one after the other: [batch · times, …]. */
export function repeatRows<Tree extends TensorTree>(tree: Tree, times: number): Tree {
  return mapTensors(tree, (leaf) => {
    const rows = Int32Array.from({ length: leaf.shape[0]! * times }, (_, i) => Math.floor(i / times));
    return leaf.gather(tensor(rows, { backend: leaf.backend }));
  });
}
