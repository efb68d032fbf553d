import { checkGiven } from '@unroll/backend';
import {
  Parameter,
  type Rng,
  type Tensor,
  UnrollError,
  full,
  ones,
  scatterAdd,
  where,
  checkTensors,
} from '@unroll/tensor';
import { checkSizes } from './check-sizes.ts';
import { drawValue } from './initializers/draw-parameter.ts';
import { type Initializer, normal } from './initializers/initializer.ts';
import { type Operand, valueOf } from './operand.ts';

/** Whose gradient an embedding changes; values never change. */
export interface EmbeddingGradientOptions {
  /** The row for padding: its gradient is 0. Default: none. */
  readonly paddingIndex?: number;
  /** Divides each row's gradient by how often its index occurs in the call, so that frequent words do not dominate. Default false. */
  readonly scaleGradientByFrequency?: boolean;
}

/**
 * Rows of a table: weight [count, size] at int32 indices [...] → [..., size].
 * @throws UnrollError DTYPE_MISMATCH unless the indices are int32; INDEX_OUT_OF_RANGE for an index outside [0, count)
 */
export function embedding(indices: Tensor, weight: Operand, options: EmbeddingGradientOptions = {}): Tensor {
  const { paddingIndex, scaleGradientByFrequency = false } = options;
  checkTensors('embedding', { indices });
  checkGiven('embedding', { weight });
  const table = valueOf(weight);
  let rows = table.gather(indices);
  if (scaleGradientByFrequency) {
    const each = ones(indices.shape, { dtype: table.dtype, backend: table.backend });
    const counts = scatterAdd(each, indices, table.shape[0]!).gather(indices).expandDims(-1);
    // A constant plus a zero, so that the value stays and only the derivative is divided.
    const constant = table.detach().gather(indices);
    rows = rows.sub(constant).div(counts).add(constant);
  }
  if (paddingIndex === undefined) return rows;
  const isPadding = indices.equal(paddingIndex).expandDims(-1);
  return where(isPadding, table.detach().gather(indices), rows);
}

export interface EmbeddingOptions extends EmbeddingGradientOptions {
  /** The number of rows: the size of the vocabulary. */
  readonly count: number;
  /** The length of a row. */
  readonly size: number;
  /** Draws the initial table. */
  readonly rng: Rng;
  /** How the table starts. Default N(0, 1). The padding row starts at 0 in any case. */
  readonly initializer?: Initializer;
}

/** A trainable vector for each index; names, shape and default start of PyTorch's `Embedding`. */
export class Embedding {
  readonly count: number;
  readonly size: number;
  readonly paddingIndex: number | undefined;
  readonly scaleGradientByFrequency: boolean;
  /** [count, size] */
  readonly weight: Parameter;

  /** @throws UnrollError INVALID_ARGUMENT for a size that is no whole number from 1 on; INDEX_OUT_OF_RANGE for a padding index outside [0, count) */
  constructor(options: EmbeddingOptions) {
    const { count, size, paddingIndex, scaleGradientByFrequency = false, rng, initializer = normal() } = options;
    checkSizes(this, { count, size });
    if (paddingIndex !== undefined && !(Number.isInteger(paddingIndex) && paddingIndex >= 0 && paddingIndex < count)) {
      throw new UnrollError(
        'INDEX_OUT_OF_RANGE',
        `Embedding: paddingIndex ${paddingIndex} is no row of a table of ${count}. Use 0 to ${count - 1}.`,
      );
    }
    this.count = count;
    this.size = size;
    this.paddingIndex = paddingIndex;
    this.scaleGradientByFrequency = scaleGradientByFrequency;
    const table = drawValue(this, initializer, [count, size], rng);
    this.weight = new Parameter(paddingIndex === undefined ? table : withZeroRow(table, paddingIndex));
  }

  /** int32 indices [...] → [..., size]. */
  forward(indices: Tensor): Tensor {
    const { paddingIndex, scaleGradientByFrequency } = this;
    return embedding(indices, this.weight, {
      scaleGradientByFrequency,
      ...(paddingIndex === undefined ? {} : { paddingIndex }),
    });
  }
}

function withZeroRow(table: Tensor, row: number): Tensor {
  const { dtype, backend } = table;
  const index = full([1], row, { dtype: 'int32', backend });
  const isRow = scatterAdd(ones([1, 1], { dtype, backend }), index, table.shape[0]!);
  return where(isRow, 0, table);
}
