import { type Rng, type Shape, type Tensor, UnrollError, checkRng, concat, full } from '@unroll/tensor';
import { formatShape, withAxis } from '@unroll/backend';

/** Makes the first value of a parameter: a float32 tensor of the given shape on the active backend. */
export type Initializer = (shape: Shape, rng: Rng) => Tensor;

/** All `value`. */
export function constant(value: number): Initializer {
  return (shape) => full(shape, value);
}

/** Even over [−limit, limit). */
export function uniform(limit: number): Initializer {
  return (shape, rng) => {
    checkRng('uniform', rng);
    return rng.uniform(shape, { low: -limit, high: limit });
  };
}

/** Normal with the given mean (0) and standard deviation (1). */
export function normal({ mean = 0, std = 1 }: { readonly mean?: number; readonly std?: number } = {}): Initializer {
  return (shape, rng) => {
    checkRng('normal', rng);
    return rng.normal(shape, { mean, std });
  };
}

/**
 * Another initializer for each gate of a recurrent parameter [gates · hidden, ...]: the first axis is cut into equal parts. With the
 * gates i, f, g, o of an LSTM, `perGate([zero, one, zero, zero])` is a bias that remembers.
 * @throws UnrollError SHAPE_MISMATCH if the first axis does not divide
 */
export function perGate(initializers: readonly Initializer[]): Initializer {
  return (shape, rng) => {
    const rows = (shape[0] ?? 0) / initializers.length;
    if (!Number.isInteger(rows) || shape.length === 0) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `perGate: the first axis of ${formatShape(shape)} does not divide into ${initializers.length} gates.`,
      );
    }
    return concat(
      initializers.map((initializer) => initializer(withAxis(shape, 0, rows), rng)),
      0,
    );
  };
}
