import { type Shape, UnrollError, formatShape } from '@unroll/backend';
import { describe } from './describe.ts';

/** A shape whose one −1, if there is one, is the length that fits the number of elements. */
export function fitShape(shape: Shape, size: number): Shape {
  const given: unknown = shape;
  if (!Array.isArray(given)) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `reshape: the shape is ${describe(given)}; it must be a list, as [2, -1].`,
    );
  }
  const free = shape.indexOf(-1);
  if (free < 0) return shape;
  const rest = shape.reduce((product, length, axis) => (axis === free ? product : product * length), 1);
  return shape.map((length, axis) => (axis === free ? Math.floor(size / rest) : length));
}

/**
 * The sizes of the pieces of an axis: given, or as many equal ones as a number says.
 * @throws UnrollError SHAPE_MISMATCH if the axis does not divide
 */
export function partSizes(shape: Shape, axis: number, parts: number | readonly number[]): readonly number[] {
  if (typeof parts !== 'number') return parts;
  const size = shape[axis]! / parts;
  if (Number.isInteger(size)) {
    const sizes: number[] = [];
    for (let i = 0; i < parts; i++) sizes.push(size);
    return sizes;
  }
  throw new UnrollError(
    'SHAPE_MISMATCH',
    `split: axis ${axis} of ${formatShape(shape)} does not divide into ${parts} equal parts.`,
  );
}
