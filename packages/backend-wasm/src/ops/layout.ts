import type { Shape } from '@unroll/backend';

/** An index space and where its operands lie in it, in as few axes as possible. */
export interface Layout {
  readonly lengths: readonly number[];
  /** Per operand, the distance of neighbours along each axis, in elements. */
  readonly strides: readonly (readonly number[])[];
}

/** The distances of neighbours in a contiguous array. */
export function stridesOf(shape: Shape): number[] {
  const strides = shape.slice();
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** The distances at which a contiguous array of `shape` is read as if it had the shape `target`: 0 where it repeats. */
export function stretchedStrides(shape: Shape, target: Shape): number[] {
  const missing = target.length - shape.length;
  const own = stridesOf(shape);
  return target.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : own[axis - missing]!));
}

/** Leaves out axes of length 1, and joins neighbours that lie for every operand as one axis would. */
export function layout(shape: Shape, operands: readonly (readonly number[])[]): Layout {
  const lengths: number[] = [];
  const strides = operands.map((): number[] => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!;
    if (length === 1) continue;
    const last = lengths.length - 1;
    let joins = last >= 0;
    for (let i = 0; joins && i < operands.length; i++) joins = strides[i]![last] === operands[i]![axis]! * length;
    if (joins) lengths[last]! *= length;
    else lengths.push(length);
    for (let i = 0; i < operands.length; i++) strides[i]![joins ? last : last + 1] = operands[i]![axis]!;
  }
  return { lengths, strides };
}

/** Calls `visit` with the offset of every operand at all positions of the first `depth` axes, in order. */
export function forEachOffset(
  { lengths, strides }: Layout,
  depth: number,
  visit: (offsets: readonly number[]) => void,
): void {
  const walk = (axis: number, offsets: readonly number[]): void => {
    if (axis >= depth) {
      visit(offsets);
      return;
    }
    for (let i = 0; i < lengths[axis]!; i++) {
      walk(
        axis + 1,
        offsets.map((offset, operand) => offset + i * strides[operand]![axis]!),
      );
    }
  };
  walk(
    0,
    strides.map(() => 0),
  );
}
