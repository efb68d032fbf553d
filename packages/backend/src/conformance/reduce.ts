import type { PrimitiveAttrs } from '../primitives.ts';
import type { Shape } from '../shape.ts';
import { ALL, type Case, type Scope, SHAPES, type Suites, titleOf } from './case.ts';
import { type Fill, cycle, integers } from './inputs.ts';
import { specialValues } from './special.ts';

type Attrs = PrimitiveAttrs['sum'];

export const reduceSuites: Pick<Suites, 'sum' | 'max' | 'argmax'> = {
  sum: { dtypes: ALL, cases: () => [...everySubset(), reduction([3, 5000], [1]), reduction([5000, 3], [0])] },
  max: {
    dtypes: ALL,
    cases: (scope) => [
      // What int32 gives for the largest of nothing is left open.
      ...everySubset(scope.dtype !== 'int32'),
      reduction([5, 7], [1], integers(-9, -3)),
      reduction([5, 7], [0], integers(-9, -3)),
      ...specialRows(scope),
    ],
  },
  argmax: { dtypes: ALL, cases: positions },
};

const MORE_SHAPES: readonly Shape[] = [
  [2, 3, 4, 5],
  [1, 5, 1, 3],
  [4, 1, 3],
  [3, 0],
  [0, 3],
];

/** Every set of axes of every shape, no axes included. */
function everySubset(overNothing = true): Case<Attrs>[] {
  return [...SHAPES, ...MORE_SHAPES].flatMap((shape) =>
    subsets(shape.map((_, axis) => axis))
      .filter((axes) => overNothing || axes.every((axis) => shape[axis] !== 0))
      .map((axes) => reduction(shape, axes)),
  );
}

function subsets(axes: readonly number[]): number[][] {
  return axes.reduce<number[][]>((all, axis) => [...all, ...all.map((set) => [...set, axis])], [[]]);
}

function reduction(shape: Shape, axes: readonly number[], fill?: Fill): Case<Attrs> {
  const inputs = [fill ? { shape, fill } : { shape }];
  const note = fill ? ' all negative' : '';
  return { title: titleOf(inputs, `axes [${axes.join(', ')}]${note}`), inputs, attrs: { axes } };
}

/** Each special value beside each, along either axis. */
function specialRows({ dtype, special }: Scope): Case<Attrs>[] {
  const values = specialValues(dtype, special);
  const pairs = values.flatMap((x) => values.map((y) => [x, y] as const));
  const rows = { shape: [pairs.length, 2], fill: cycle(pairs.flat()) };
  const columns = { shape: [2, pairs.length], fill: cycle([...pairs.map(([x]) => x), ...pairs.map(([, y]) => y)]) };
  return [
    { title: 'special values axes [1]', inputs: [rows], attrs: { axes: [1] } },
    { title: 'special values axes [0]', inputs: [columns], attrs: { axes: [0] } },
  ];
}

function positions({ dtype, special }: Scope): Case<PrimitiveAttrs['argmax']>[] {
  const cases: Case<PrimitiveAttrs['argmax']>[] = [];
  for (const shape of [...SHAPES, ...MORE_SHAPES]) {
    for (let axis = 0; axis < shape.length; axis++) {
      if (shape[axis] === 0) continue;
      cases.push({ title: titleOf([{ shape }], `axis ${axis}`), inputs: [{ shape }], attrs: { axis } });
      const ties = [{ shape, fill: integers(0, 2) }];
      cases.push({ title: titleOf(ties, `axis ${axis} with ties`), inputs: ties, attrs: { axis } });
    }
  }
  if (dtype !== 'int32' && special.infinity !== false) {
    const inputs = [{ shape: [3, 2], fill: cycle([-Infinity, -Infinity, -Infinity, 0, 5, Infinity]) }];
    cases.push({ title: 'infinities', inputs, attrs: { axis: 1 } });
  }
  return cases;
}
