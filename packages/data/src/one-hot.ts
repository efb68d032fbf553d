import { type DType, UnrollError, formatShape } from '@unroll/backend';
import { type Tensor, arange } from '@unroll/tensor';
import { checkCount } from './checks.ts';

export interface OneHotOptions {
  /** Default float32. */
  readonly dtype?: DType;
}

/**
 * 1 at the position that each index names, else 0: [...i] → [...i, depth], on the backend of the indices.
 * An index outside of [0, depth) gives a row of zeros; −1 may stand for "none".
 * @param indices int32
 * @throws UnrollError DTYPE_MISMATCH if the indices are not int32
 */
export function oneHot(indices: Tensor, depth: number, { dtype = 'float32' }: OneHotOptions = {}): Tensor {
  checkCount('oneHot', 'depth', depth);
  if (indices.dtype !== 'int32') {
    throw new UnrollError(
      'DTYPE_MISMATCH',
      `oneHot: the indices ${formatShape(indices.shape)} are ${indices.dtype}; they must be int32. Cast them: indices.cast('int32').`,
    );
  }
  const positions = arange(depth, { dtype: 'int32', backend: indices.backend });
  return indices.expandDims(-1).equal(positions).cast(dtype);
}
