import { type Shape, sizeOf } from '@unroll/backend';

/** How an array is walked: what one step along each axis of the result is worth in it, from `offset` on. */
export interface Walk {
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Strides of a row-major array. */
export function stridesOf(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** An array of shape `from` as if it had shape `to`: axes of length 1, and those that are missing, stand still. */
export function stretched(from: Shape, to: Shape): Walk {
  const own = stridesOf(from);
  const missing = to.length - from.length;
  const strides = to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : own[axis - missing]!));
  return { strides, offset: 0 };
}

/** Axes and walks over them, with as few axes as describe the same. */
export interface Nest {
  readonly lengths: readonly number[];
  readonly walks: readonly Walk[];
}

/** Leaves out axes of length 1, and makes one axis of neighbours that all arrays walk in one go. */
export function collapsed(shape: Shape, walks: readonly Walk[]): Nest {
  const lengths: number[] = [];
  const strides = walks.map((): number[] => []);
  for (const [axis, length] of shape.entries()) {
    if (length === 1) continue;
    const last = lengths.length - 1;
    const joins = last >= 0 && walks.every((walk, i) => strides[i]![last] === walk.strides[axis]! * length);
    if (joins) lengths[last]! *= length;
    else lengths.push(length);
    for (const [i, walk] of walks.entries()) {
      if (joins) strides[i]![last] = walk.strides[axis]!;
      else strides[i]!.push(walk.strides[axis]!);
    }
  }
  return { lengths, walks: walks.map(({ offset }, i) => ({ strides: strides[i]!, offset })) };
}

/** The output of a nest as a picture: its last axis is the width. */
export function sidesOf(lengths: readonly number[]): { readonly width: number; readonly rows: number } {
  const width = lengths.at(-1) ?? 1;
  return { width, rows: sizeOf(lengths.slice(0, -1)) };
}

/** Text that declares the coordinates c0, c1, … of a thread along the axes, and their names. */
export function coordinates(lengths: readonly number[]): { readonly text: string; readonly names: readonly string[] } {
  const last = lengths.length - 1;
  if (last < 0) return { text: '', names: [] };
  if (last === 0) return { text: '', names: ['column'] };
  if (last === 1) return { text: '', names: ['row', 'column'] };
  let text = '';
  let rest = 'row';
  for (let axis = last - 1; axis > 0; axis--) {
    const next = axis === 1 ? 'c0' : `q${axis}`;
    text += `const ${next}=quotient(${rest},${lengths[axis]});const c${axis}=${rest}-${next}*${lengths[axis]};`;
    rest = next;
  }
  return { text, names: [...lengths.slice(0, -1).map((_, axis) => `c${axis}`), 'column'] };
}

/** Where an array is at these coordinates, as text: an integer expression. */
export function position(names: readonly string[], { strides, offset }: Walk): string {
  const [plus, minus]: [string[], string[]] = [[], []];
  for (const [axis, stride] of strides.entries()) {
    if (stride === 0) continue;
    const size = Math.abs(stride);
    (stride > 0 ? plus : minus).push(size === 1 ? names[axis]! : `${names[axis]}*${size}`);
  }
  if (offset !== 0 || plus.length === 0) plus.push(`${offset}`);
  return [plus.join('+'), ...minus].join('-');
}

/** Whether an array is walked from its start to its end without a jump. */
export function isContiguous(lengths: readonly number[], { strides, offset }: Walk): boolean {
  const straight = stridesOf(lengths);
  return offset === 0 && strides.every((stride, axis) => stride === straight[axis]);
}
