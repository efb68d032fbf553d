import { type Shape, UnrollError, formatShape, sameShape, sizeOf, checkGiven } from '@unroll/backend';
import type { StateDict } from '../state-dict.ts';

/** Float weights as any program has them: row-major. */
export interface Weights {
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array;
}

/**
 * Puts the gates of a parameter [gates · hidden, …] into another order: block i of the result is block order[i].
 * @throws UnrollError SHAPE_MISMATCH if the first axis does not divide
 */
export function reorderGates(weights: Weights, order: readonly number[]): Weights {
  checkGiven('reorderGates', { weights, order });
  const { shape, data } = weights;
  const size = data.length / order.length;
  if (!Number.isInteger((shape[0] ?? NaN) / order.length)) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `reorderGates: the first axis of ${formatShape(shape)} does not divide into ${order.length} gates.`,
    );
  }
  const result = data.slice();
  for (const [to, from] of order.entries()) result.set(data.subarray(from * size, (from + 1) * size), to * size);
  return { shape, data: result };
}

/** [rows, columns] → [columns, rows]. */
export function transposed({ shape, data }: Weights): Weights {
  const [rows, columns] = shape as [number, number];
  const result = data.slice();
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) result[c * rows + r] = data[r * columns + c]!;
  return { shape: [columns, rows], data: result };
}

/** `size` elements from `start` on, in a shape of their own. */
export function part({ data }: Weights, start: number, shape: Shape): Weights {
  return { shape, data: data.slice(start, start + sizeOf(shape)) };
}

/** @throws UnrollError SHAPE_MISMATCH naming the weights that do not have the shape */
export function checkShape(what: string, { shape, data }: Weights, expected: Shape): void {
  if (sameShape(shape, expected) && data.length === sizeOf(expected)) return;
  throw new UnrollError(
    'SHAPE_MISMATCH',
    `${what} is ${formatShape(shape)} with ${data.length} numbers; it should be ${formatShape(expected)}.`,
  );
}

/** Entries for `loadStateDict`; what is undefined is left out. */
export function stateDictOf(entries: Readonly<Record<string, Weights | undefined>>): StateDict {
  return new Map(
    Object.entries(entries).flatMap(([name, weights]) => {
      if (!weights) return [];
      const { shape, data } = weights;
      const entry =
        data instanceof Float32Array
          ? ({ dtype: 'F32', shape, data } as const)
          : ({ dtype: 'F64', shape, data } as const);
      return [[name, entry] as const];
    }),
  );
}
