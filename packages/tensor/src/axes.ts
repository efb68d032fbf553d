import { type Shape, UnrollError, formatShape } from '@unroll/backend';
import { describe } from './describe.ts';

/**
 * A position from 0 for an axis that may count from the end (−1 is the last).
 * @throws UnrollError INVALID_ARGUMENT if there is no such axis
 */
export function normalizeAxis(op: string, axis: number, shape: Shape): number {
  const rank = shape.length;
  const normalized = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normalized < 0 || normalized >= rank) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `${op}: there is no axis ${axis} in ${formatShape(shape)}. Use 0 to ${rank - 1}, or −1 for the last.`,
    );
  }
  return normalized;
}

/** The same for one axis, several, or all of them (undefined); sorted, each once. */
export function normalizeAxes(
  op: string,
  axes: number | readonly number[] | undefined,
  shape: Shape,
): readonly number[] {
  if (axes === undefined) return shape.map((_, axis) => axis);
  const list = typeof axes === 'number' ? [axes] : axes;
  if (!Array.isArray(list)) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `${op}: the axes are ${describe(list)}; give a number or a list of numbers, and options behind them. Undefined is all axes.`,
    );
  }
  const normalized = list.map((axis) => normalizeAxis(op, axis, shape));
  if (normalized.length === 1) return normalized;
  return [...new Set(normalized)].toSorted((a, b) => a - b);
}

/** `shape` without the given axes. */
export function dropAxes(shape: Shape, axes: readonly number[]): Shape {
  return shape.filter((_, axis) => !axes.includes(axis));
}
