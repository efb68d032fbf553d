import type { State } from '@unroll/cells';
import { type Tensor, where } from '@unroll/tensor';
import { hiddenOf } from '../hidden-of.ts';

/** What a layer gave for a sequence. */
export interface Pooled {
  /** [batch, time, features], 0 at masked steps */
  readonly ys: Tensor;
  readonly final: State;
  /** [batch, time]: 1 live, 0 padding. Default: all live. */
  readonly mask?: Tensor | undefined;
}

/** Makes one vector of a sequence. */
export interface Pooling {
  /** Features of the vector, given those of the sequence. */
  outputSize(features: number): number;
  /** → [batch, outputSize]. */
  pool(sequence: Pooled): Tensor;
  /** The same of the final state alone, where nothing else is read: then it can be asked for after each step, by `cellOf`. */
  poolState?(final: State): Tensor;
}

export interface LastStateOptions {
  /** Features of what is taken. Default: those of the sequence. */
  readonly size?: number;
  /** What is taken of the final state, [batch, size]. Default `hiddenOf`: h of the highest layer, of both directions where there are two. */
  readonly of?: (final: State) => Tensor;
}

/**
 * The state after the last live step: of each sequence its own, whatever the padding. In a bidirectional layer that of the backward direction
 * has read the whole sequence too, unlike its output at the last position.
 */
export function lastState({ size, of = hiddenOf }: LastStateOptions = {}): Pooling {
  return { outputSize: (features) => size ?? features, pool: ({ final }) => of(final), poolState: of };
}

/** The mean over live steps; 0 where there are none. */
export const meanPooling: Pooling = {
  outputSize: (features) => features,
  pool({ ys, mask }) {
    if (!mask) return ys.mean(1);
    const live = where(mask, 1, 0).cast(ys.dtype).sum(1, { keepDims: true });
    return where(mask.expandDims(2), ys, 0)
      .sum(1)
      .div(where(live.equal(0), 1, live));
  },
};

/** The largest over live steps, feature by feature (Collobert et al. 2011); 0 where there are none. */
export const maxPooling: Pooling = {
  outputSize: (features) => features,
  pool({ ys, mask }) {
    if (!mask) return ys.max(1);
    const largest = where(mask.expandDims(2), ys, -Infinity).max(1);
    return where(largest.equal(-Infinity), 0, largest);
  },
};
