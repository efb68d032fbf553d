import { type DType, UnrollError, formatShape } from '@unroll/backend';
import { type Tensor, arange, checkTensors, runFused } from '@unroll/tensor';
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
  checkTensors('oneHot', { indices });
  checkCount('oneHot', 'depth', depth);
  if (indices.dtype !== 'int32') {
    throw new UnrollError(
      'DTYPE_MISMATCH',
      `oneHot: the indices ${formatShape(indices.shape)} are ${indices.dtype}; they must be int32. Cast them: indices.cast('int32').`,
    );
  }
  const definition = (): readonly Tensor[] => [byComparison(indices, depth, dtype)];
  // What is no dtype at all is told there.
  if (dtype !== 'float32' && dtype !== 'float64') return definition()[0]!;
  return runFused({ op: 'oneHot', inputs: [indices], attrs: { depth, dtype }, definition, pullBack: () => [] })[0]!;
}

function byComparison(indices: Tensor, depth: number, dtype: DType): Tensor {
  // The few indices are cast, not the many numbers of the result, where that is exact.
  const isExact = dtype === 'int32' || depth <= LARGEST_EXACT;
  const compared = isExact ? dtype : 'int32';
  const positions = arange(depth, { dtype: compared, backend: indices.backend });
  const hot = cast(indices, compared).expandDims(-1).equal(positions);
  return cast(hot, dtype);
}

/** In float32, all whole numbers up to here are exact; what is above stays so when it is rounded. */
const LARGEST_EXACT = 2 ** 24;

function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : x.cast(dtype);
}
