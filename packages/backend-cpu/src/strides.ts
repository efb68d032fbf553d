import type { Shape } from '@unroll/backend';

/** How far apart neighbours along each axis lie, in elements. */
export type Strides = readonly number[];

/** The strides of a contiguous, row-major array. */
export function stridesOf(shape: Shape): Strides {
  const strides = Array.from(shape, () => 0);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** The strides that read `shape` as if it were stretched to `target`: 0 along each axis that repeats. */
export function stretchedStrides(shape: Shape, target: Shape): Strides {
  const own = stridesOf(shape);
  const missing = target.length - shape.length;
  return target.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : own[axis - missing]!));
}

/** The same elements in the same order, in as few axes as possible. */
export interface Layout {
  readonly lengths: readonly number[];
  /** Per operand, one stride per axis. */
  readonly strides: readonly Strides[];
}

/** Drops axes of length 1 and merges neighbours that every operand walks through evenly. */
export function coalesce(shape: Shape, operands: readonly Strides[]): Layout {
  const lengths: number[] = [];
  const strides: number[][] = operands.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!;
    if (length === 1) continue;
    const last = lengths.length - 1;
    if (last >= 0 && operands.every((own, i) => strides[i]![last] === own[axis]! * length)) {
      lengths[last]! *= length;
      for (let i = 0; i < operands.length; i++) strides[i]![last] = operands[i]![axis]!;
    } else {
      lengths.push(length);
      for (let i = 0; i < operands.length; i++) strides[i]!.push(operands[i]![axis]!);
    }
  }
  return { lengths, strides };
}

/**
 * Visits all positions of the first `depth` axes in order, with the offset of each operand there. The array of offsets is
 * used again for the next position.
 */
export function forEachOffset(layout: Layout, depth: number, visit: (offsets: readonly number[]) => void): void {
  const { lengths, strides } = layout;
  for (const length of lengths) if (length === 0) return;
  const offsets = strides.map(() => 0);
  const position = Array.from({ length: depth }, () => 0);
  for (;;) {
    visit(offsets);
    let axis = depth - 1;
    for (; axis >= 0; axis--) {
      const wraps = ++position[axis]! === lengths[axis];
      // Never −0, which would turn the offsets, and all that is computed from them, into floats.
      const back = wraps ? lengths[axis]! : 0;
      for (let i = 0; i < offsets.length; i++) {
        const stride = strides[i]![axis]!;
        offsets[i]! += stride - back * stride;
      }
      if (!wraps) break;
      position[axis] = 0;
    }
    if (axis < 0) return;
  }
}
