import { type Tensor, concat } from '@unroll/tensor';

/** Joins what two directions say of each position. */
export interface Merge {
  /** Features of the result, given those of the two directions. */
  outputSize(forward: number, backward: number): number;
  /** forward is [batch, time, f], backward is [batch, time, b]. */
  merge(forward: Tensor, backward: Tensor): Tensor;
}

/** Side by side: [forward; backward]. PyTorch's way, and the default. */
export const concatMerge: Merge = {
  outputSize: (forward, backward) => forward + backward,
  merge: (forward, backward) => concat([forward, backward], 2),
};

const equalSize = (forward: number, backward: number): number => (forward === backward ? forward : NaN);

/** forward + backward; the sizes must be equal. */
export const sumMerge: Merge = { outputSize: equalSize, merge: (forward, backward) => forward.add(backward) };

/** (forward + backward) / 2; the sizes must be equal. */
export const averageMerge: Merge = {
  outputSize: equalSize,
  merge: (forward, backward) => forward.add(backward).mul(0.5),
};

/** forward ∘ backward; the sizes must be equal. */
export const productMerge: Merge = { outputSize: equalSize, merge: (forward, backward) => forward.mul(backward) };
