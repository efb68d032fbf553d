import { UnrollError, formatShape } from '@unroll/backend';
import { arange } from '../create.ts';
import { type Tensor, type TensorLike, asTensor } from '../tensor.ts';
import { lessEqual } from './comparisons.ts';
import { where } from './elementwise.ts';

type Operand = Exclude<TensorLike, number>;

export interface TriangleOptions {
  /** The last diagonal that is kept, counted from the main one upwards. Default 0. */
  readonly diagonal?: number;
}

/**
 * The lower triangle of matrices [..., rows, columns], the rest 0. `tril(ones([n, n]))` is the mask with which a position sees itself and
 * what came before.
 * @throws UnrollError SHAPE_MISMATCH for fewer than two axes
 */
export function tril(x: Operand, { diagonal = 0 }: TriangleOptions = {}): Tensor {
  const value = asTensor('tril', x);
  return where(isLower('tril', value, diagonal), value, 0);
}

/**
 * The upper triangle of matrices [..., rows, columns], the rest 0; `diagonal` is the first one that is kept.
 * @throws UnrollError SHAPE_MISMATCH for fewer than two axes
 */
export function triu(x: Operand, { diagonal = 0 }: TriangleOptions = {}): Tensor {
  const value = asTensor('triu', x);
  return where(isLower('triu', value, diagonal - 1), 0, value);
}

/** 1 on and below a diagonal, 0 above: [rows, columns]. */
function isLower(op: string, { shape, backend }: Tensor, diagonal: number): Tensor {
  const [rows, columns] = shape.slice(-2);
  if (rows === undefined || columns === undefined) {
    throw new UnrollError('SHAPE_MISMATCH', `${op}: ${formatShape(shape)} has no matrices; it needs two axes or more.`);
  }
  const column = arange(columns, { dtype: 'int32', backend });
  const row = arange(rows, { dtype: 'int32', backend }).expandDims(1);
  return lessEqual(column, row.add(diagonal));
}
