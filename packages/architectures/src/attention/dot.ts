import { type Tensor, matmul } from '@unroll/tensor';
import { type AttentionScore, checkKeys, checkQuery } from './attention-score.ts';

/** scoreᵢ = q · kᵢ, where queries and keys have one size (Luong, Pham & Manning 2015). No parameters. */
export class DotScore implements AttentionScore {
  /** keys are [batch, source, size]; they stay as they are. */
  prepare(keys: Tensor): Tensor {
    checkKeys('DotScore', keys);
    return keys;
  }

  /** query [batch, size], keys [batch, source, size] → [batch, source]. */
  score(query: Tensor, keys: Tensor): Tensor {
    checkQuery('DotScore', query, keys.shape[2]!);
    return products(query, keys);
  }
}

/** scoreᵢ = q · kᵢ / √size, whose variance does not grow with the size (Vaswani et al. 2017). No parameters. */
export class ScaledDotScore implements AttentionScore {
  /** keys are [batch, source, size]; they are scaled. */
  prepare(keys: Tensor): Tensor {
    checkKeys('ScaledDotScore', keys);
    return keys.mul(1 / Math.sqrt(keys.shape[2]!));
  }

  /** query [batch, size], scaled keys [batch, source, size] → [batch, source]. */
  score(query: Tensor, keys: Tensor): Tensor {
    checkQuery('ScaledDotScore', query, keys.shape[2]!);
    return products(query, keys);
  }
}

/** query [batch, size] and keys [batch, source, size] → their dot products [batch, source]. */
export function products(query: Tensor, keys: Tensor): Tensor {
  return matmul(keys, query.expandDims(2)).squeeze(2);
}
