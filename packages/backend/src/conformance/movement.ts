import type { PrimitiveAttrs } from '../primitives.ts';
import { type Shape, formatShape } from '../shape.ts';
import { ALL, type Case, type Suite, type Suites, SHAPES } from './case.ts';

type Movement = 'broadcast' | 'reshape' | 'transpose' | 'reverse' | 'split' | 'concat' | 'slice' | 'pad';

type FromTo = readonly [from: Shape, to: Shape];

// oxfmt-ignore
const STRETCHES: readonly FromTo[] = [
  [[], [3]], [[], [2, 3]], [[1], [7]], [[5], [3, 5]], [[3, 1], [3, 5]], [[1, 5], [3, 5]],
  [[2, 1, 4], [2, 3, 4]], [[2, 1, 4, 1], [2, 3, 4, 5]], [[3, 1], [2, 3, 4]],
  [[1], [0]], [[3, 1], [3, 0]], [[129], [67, 129]], [[67, 1], [67, 129]],
];

// oxfmt-ignore
const RESHAPES: readonly FromTo[] = [
  [[], [1]], [[1], []], [[6], [2, 3]], [[2, 3], [3, 2]], [[2, 3, 4], [4, 1, 6]],
  [[0], [3, 0]], [[3, 0, 2], [0, 7]], [[67, 129], [8643]],
];

// oxfmt-ignore
const PADDINGS: readonly (readonly [before: number, after: number])[] = [[0, 0], [0, 3], [2, 0], [1, 4]];

export const movementSuites: Pick<Suites, Movement> = {
  broadcast: suite(
    [...SHAPES.map((shape) => [shape, shape] as const), ...STRETCHES].map(([from, to]) =>
      moved<'broadcast'>(from, `to ${formatShape(to)}`, { shape: to }),
    ),
  ),

  reshape: suite(RESHAPES.map(([from, to]) => moved<'reshape'>(from, `to ${formatShape(to)}`, { shape: to }))),

  transpose: suite(
    [...SHAPES, [2, 3, 4, 5], [3, 33, 5], [17, 33]].flatMap((shape) =>
      orders(shape.map((_, axis) => axis)).map((order) =>
        moved<'transpose'>(shape, `order [${order.join(', ')}]`, { order }),
      ),
    ),
  ),

  reverse: suite(everyAxis((shape, axis) => [moved<'reverse'>(shape, `axis ${axis}`, { axis })])),

  split: suite(
    everyAxis((shape, axis) =>
      partitions(shape[axis]!).map((sizes) =>
        moved<'split'>(shape, `axis ${axis} into [${sizes.join(', ')}]`, { axis, sizes }),
      ),
    ),
  ),

  concat: suite(
    everyAxis((shape, axis) =>
      partitions(shape[axis]!).map((sizes) => ({
        title: `${sizes.length} into ${formatShape(shape)} axis ${axis}: [${sizes.join(', ')}]`,
        inputs: sizes.map((size) => ({ shape: shape.map((length, i) => (i === axis ? size : length)) })),
        attrs: { axis },
      })),
    ),
  ),

  slice: suite(
    everyAxis((shape, axis) =>
      ranges(shape[axis]!).map(([start, end]) =>
        moved<'slice'>(shape, `axis ${axis} from ${start} to ${end}`, { axis, start, size: end - start }),
      ),
    ),
  ),

  pad: suite(
    everyAxis((shape, axis) =>
      PADDINGS.map(([before, after]) =>
        moved<'pad'>(shape, `axis ${axis} by ${before} and ${after}`, { axis, before, after }),
      ),
    ),
  ),
};

function suite<Attrs>(cases: readonly Case<Attrs>[]): Suite<Attrs> {
  return { dtypes: ALL, cases: () => cases };
}

function moved<P extends Movement>(shape: Shape, note: string, attrs: PrimitiveAttrs[P]): Case<PrimitiveAttrs[P]> {
  return { title: `${formatShape(shape)} ${note}`, inputs: [{ shape }], attrs };
}

function everyAxis<Attrs>(cases: (shape: Shape, axis: number) => readonly Case<Attrs>[]): Case<Attrs>[] {
  return [...SHAPES, [3, 2, 5, 4]].flatMap((shape) => shape.flatMap((_, axis) => cases(shape, axis)));
}

function orders(axes: readonly number[]): number[][] {
  if (axes.length === 0) return [[]];
  return axes.flatMap((axis) => orders(axes.filter((other) => other !== axis)).map((rest) => [axis, ...rest]));
}

/** One piece; ones; a large and a small piece; an empty piece in between. */
function partitions(length: number): number[][] {
  const all = [[length], [0, length]];
  if (length > 1) all.push([length - 1, 1], [1, 0, length - 1]);
  if (length > 2 && length < 10) all.push(Array.from({ length }, () => 1));
  return all;
}

/** Everything; nothing; a beginning, an end, and a middle. */
function ranges(length: number): (readonly [start: number, end: number])[] {
  const half = Math.floor(length / 2);
  const all: (readonly [number, number])[] = [[0, length]];
  if (length > 0) all.push([half, half]);
  if (length > 1) all.push([0, half], [half, length]);
  if (length > 2) all.push([1, length - 1]);
  return all;
}
