import { UnrollError, formatShape, sameShape } from '@unroll/backend';
import { type Tensor, type TensorLike, asTensor } from '../tensor.ts';

export interface AllCloseOptions {
  /** In parts of |y|. Default 1e-5. */
  readonly relative?: number;
  /** Default 1e-8. */
  readonly absolute?: number;
}

/**
 * Whether |x − y| ≤ absolute + relative·|y| for all elements, for tests: read and compared in double precision, so that the two may be of
 * different dtypes and backends. NaN is close to nothing, ∞ to itself.
 * @throws UnrollError SHAPE_MISMATCH for shapes that differ
 */
export async function allClose(
  x: Exclude<TensorLike, number>,
  y: Exclude<TensorLike, number>,
  { relative = 1e-5, absolute = 1e-8 }: AllCloseOptions = {},
): Promise<boolean> {
  const [a, b]: readonly Tensor[] = [asTensor('allClose', x), asTensor('allClose', y)];
  if (!sameShape(a!.shape, b!.shape)) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `allClose: ${formatShape(a!.shape)} and ${formatShape(b!.shape)} differ. Stretch one: y.broadcastTo(x.shape).`,
    );
  }
  const [left, right] = await Promise.all([a!.data(), b!.data()]);
  return left.every((value, i) => {
    const other = right[i]!;
    return (
      value === other || (Number.isFinite(other) && Math.abs(value - other) <= absolute + relative * Math.abs(other))
    );
  });
}
