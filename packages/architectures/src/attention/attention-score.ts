import { UnrollError, formatShape } from '@unroll/backend';
import type { Tensor } from '@unroll/tensor';

/** Where a decoder has looked so far: [batch, source] each, zeros before the first step. */
export interface AttentionHistory {
  /** The weights of the step before. */
  readonly weights: Tensor;
  /** The sum of the weights of all steps before. */
  readonly coverage: Tensor;
}

/** How well each key answers a query, before the softmax. */
export interface AttentionScore {
  /** What depends on the keys alone, once per source: keys [batch, source, keySize] → [batch, source, …]. */
  prepare(keys: Tensor): Tensor;
  /** query [batch, querySize], what `prepare` gave, and where was looked before → scores [batch, source]. */
  score(query: Tensor, prepared: Tensor, history: AttentionHistory): Tensor;
}

/** @throws UnrollError SHAPE_MISMATCH unless keys are [batch, source, size] */
export function checkKeys(what: string, keys: Tensor, size?: number): void {
  if (keys.rank === 3 && (size === undefined || keys.shape[2] === size)) return;
  throw new UnrollError(
    'SHAPE_MISMATCH',
    `${what}: the keys are ${formatShape(keys.shape)}; it wants [batch, source, ${size ?? 'features'}].`,
  );
}

/** @throws UnrollError SHAPE_MISMATCH unless a query is [batch, size] */
export function checkQuery(what: string, query: Tensor, size: number): void {
  if (query.rank === 2 && query.shape[1] === size) return;
  throw new UnrollError(
    'SHAPE_MISMATCH',
    `${what}: the query is ${formatShape(query.shape)}; it must be [batch, ${size}].`,
  );
}
