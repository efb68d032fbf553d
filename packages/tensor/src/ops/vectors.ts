import { normalizeAxis } from '../axes.ts';
import { type Tensor, type TensorLike, asTensor } from '../tensor.ts';
import { norm } from './statistics.ts';

type Operand = Exclude<TensorLike, number>;

export interface CosineSimilarityOptions {
  /** Along which the vectors lie; it is dropped. Default −1, the last. */
  readonly axis?: number;
  /** Norms below are taken for it, so that the similarity to a vector of zeros is 0. Default 1e-8. */
  readonly epsilon?: number;
}

/** x·y / (max(‖x‖, ε) max(‖y‖, ε)) along an axis, broadcast: 1 for vectors of one direction, 0 at right angles. */
export function cosineSimilarity(x: Operand, y: Operand, options: CosineSimilarityOptions = {}): Tensor {
  const [a, b] = [asTensor('cosineSimilarity', x), asTensor('cosineSimilarity', y)];
  const { axis = -1, epsilon = 1e-8 } = options;
  const fromEnd =
    normalizeAxis('cosineSimilarity', axis, a.shape.length < b.shape.length ? b.shape : a.shape) -
    Math.max(a.rank, b.rank);
  const lengths = norm(a, fromEnd).maximum(epsilon).mul(norm(b, fromEnd).maximum(epsilon));
  return a.mul(b).sum(fromEnd).div(lengths);
}

/** All products of the elements of two vectors: [..., m], [..., n] → [..., m, n]; leading axes broadcast. */
export function outer(x: Operand, y: Operand): Tensor {
  return asTensor('outer', x).expandDims(-1).mul(asTensor('outer', y).expandDims(-2));
}
