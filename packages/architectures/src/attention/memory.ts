import { UnrollError, formatShape, sameShape, checkGiven } from '@unroll/backend';
import { type Tensor, matmul, ones, probe, softmax, where, zeros, checkTensors } from '@unroll/tensor';
import { type AttentionHistory, type AttentionScore, checkKeys } from './attention-score.ts';

/** A source to look at, prepared for a score. All leaves are [batch, source, …]: `gatherRows` and `repeatRows` take it as it is. */
export type AttentionMemory = {
  /** What the score made of the keys. */
  readonly prepared: Tensor;
  /** [batch, source, valueSize], 0 where the mask is 0 */
  readonly values: Tensor;
  /** [batch, source]: 1 live, 0 padding */
  readonly mask: Tensor;
};

/** What is remembered of a source. */
export interface RememberOptions {
  readonly score: AttentionScore;
  /** [batch, source, valueSize]: what a look gives back, averaged. */
  readonly values: Tensor;
  /** [batch, source, keySize]: what the score compares with the query. Default: the values. */
  readonly keys?: Tensor;
  /** [batch, source]: 1 live, 0 padding, which gets no weight. Default: all live. */
  readonly mask?: Tensor | undefined;
}

/**
 * Prepares a source, once, for many looks.
 * @throws UnrollError SHAPE_MISMATCH if values, keys and mask do not fit each other
 */
export function remember({ score, values, keys, mask }: RememberOptions): AttentionMemory {
  checkTensors('remember', { values });
  checkGiven('remember', { score });
  checkKeys('remember', values);
  const positions = values.shape.slice(0, 2);
  for (const [name, other] of Object.entries({ keys, mask })) {
    if (!other || sameShape(other.shape.slice(0, 2), positions)) continue;
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `remember: the ${name} ${formatShape(other.shape)} and the values ${formatShape(values.shape)} must agree in [batch, source].`,
    );
  }
  // No weight is 0, but 0 · NaN is NaN: what stands in the padding must not reach the products.
  const clean = (x: Tensor): Tensor => (mask ? where(mask.expandDims(2), x, 0) : x);
  return {
    prepared: score.prepare(clean(keys ?? values)),
    values: clean(values),
    mask: mask ?? ones(positions, { dtype: values.dtype, backend: values.backend }),
  };
}

/** One look at a source. */
export interface AttendOptions {
  readonly score: AttentionScore;
  readonly memory: AttentionMemory;
  /** [batch, querySize] */
  readonly query: Tensor;
  /** Default: nothing was looked at before. */
  readonly history?: AttentionHistory;
}

/** What a look gives: the weights [batch, source] and what they average, [batch, valueSize]. */
export interface Attended {
  readonly weights: Tensor;
  readonly context: Tensor;
}

/**
 * The average of the values, weighted by how well each key answers the query:
 *
 *     weights = softmax(score(q, keys)),   context = Σᵢ weightsᵢ valuesᵢ
 *
 * Padding has weight 0; where a row is all padding, weights and context are 0. The weights can be watched by the probe `attention`.
 */
export function attend({ score, memory, query, history }: AttendOptions): Attended {
  checkGiven('attend', { score, memory });
  checkTensors('attend', { query });
  const scores = score.score(query, memory.prepared, history ?? emptyHistory(memory));
  const weights = probe('attention', softmax(scores, { mask: memory.mask }));
  return { weights, context: matmul(weights.expandDims(1), memory.values).squeeze(1) };
}

/** Zeros: nothing was looked at so far. */
export function emptyHistory({ values }: AttentionMemory): AttentionHistory {
  const zero = zeros(values.shape.slice(0, 2), { dtype: values.dtype, backend: values.backend });
  return { weights: zero, coverage: zero };
}
