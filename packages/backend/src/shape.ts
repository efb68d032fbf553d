import { UnrollError } from './errors.ts';

/** The lengths of a tensor's axes, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

/** The number of elements: the product of all lengths, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Whether two shapes have the same lengths in the same order. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A shape as people write it: `[32, 64]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/**
 * The common shape of shapes aligned at their last axis, where a length of 1 stretches (NumPy's rule).
 * @throws UnrollError SHAPE_MISMATCH naming `op` and the axis that does not fit
 */
export function broadcastShapes(op: string, shapes: readonly Shape[]): Shape {
  const first = shapes[0] ?? [];
  let longest = first;
  let isSame = true;
  for (const shape of shapes) {
    isSame &&= sameShape(shape, first);
    if (shape.length > longest.length) longest = shape;
  }
  if (isSame) return first;
  const rank = longest.length;
  const result: number[] = longest.map(() => 1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const axis = rank - shape.length + i;
      const length = shape[i]!;
      if (length === 1 || length === result[axis]) continue;
      if (result[axis] !== 1) {
        const all = shapes.map(formatShape).join(', ');
        throw new UnrollError(
          'SHAPE_MISMATCH',
          `${op}: shapes ${all} do not broadcast: axis ${axis - rank} has lengths ${result[axis]} and ${length}. ` +
            'Lengths must be equal or 1; reshape one operand so that the axes line up from the right.',
        );
      }
      result[axis] = length;
    }
  }
  return result;
}

/** `shape` with the length of one axis replaced. */
export function withAxis(shape: Shape, axis: number, length: number): Shape {
  return shape.map((old, i) => (i === axis ? length : old));
}
