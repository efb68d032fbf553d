import type { None, PrimitiveAttrs } from '../primitives.ts';
import type { Shape } from '../shape.ts';
import { ALL, type Case, FLOATS, type Scope, SHAPES, type Suite, type Suites, titleOf } from './case.ts';
import { type Fill, cycle, integers, uniform } from './inputs.ts';
import { specialValues } from './special.ts';

type Binary = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'less' | 'equal' | 'where';

export const binarySuites: Pick<Suites, Binary> = {
  add: arithmetic(),
  sub: arithmetic(),
  mul: arithmetic(),
  div: { dtypes: FLOATS, cases: (scope) => [...everyPair(uniform(0.1, 9)), ...specialPairs(scope)] },
  maximum: comparison(),
  less: comparison(),
  equal: comparison(),
  where: { dtypes: ALL, cases: choices },
};

/** Every way in which one shape stretches to another, or both to a third. */
// oxfmt-ignore
const PAIRS: readonly (readonly [Shape, Shape])[] = [
  [[], [5]], [[5], []], [[1], [1, 1]], [[33], [1]],
  [[4, 7], [1, 1]], [[4, 7], [7]], [[7], [4, 7]], [[4, 7], [1, 7]],
  [[4, 7], [4, 1]], [[4, 1], [4, 7]], [[4, 1], [1, 7]], [[1, 7], [4, 1]],
  [[2, 3, 4], [3, 4]], [[2, 3, 4], [4]], [[2, 3, 4], [2, 1, 4]], [[2, 3, 4], [3, 1]], [[2, 1, 4], [1, 3, 1]],
  [[2, 3, 4, 5], [3, 1, 5]], [[2, 1, 4, 1], [3, 1, 5]],
  [[0], [1]], [[0, 3], [3]], [[2, 0], [2, 1]],
  [[5, 33], [33]], [[5, 33], [5, 1]], [[67, 129], [129]], [[67, 129], [67, 1]],
];

function arithmetic(): Suite<None> {
  return {
    dtypes: ALL,
    // Whether int32 wraps when it overflows is left open, so that special values are for floats.
    cases: (scope) => (scope.dtype === 'int32' ? everyPair() : [...everyPair(), ...specialPairs(scope)]),
  };
}

function comparison(): Suite<None> {
  // Few distinct values, so that many are equal.
  return { dtypes: ALL, cases: (scope) => [...everyPair(integers(-2, 2)), ...specialPairs(scope)] };
}

function everyPair(fill?: Fill): Case<None>[] {
  return [...SHAPES.map((shape) => [shape, shape] as const), ...PAIRS].map((shapes) => {
    const inputs = shapes.map((shape) => (fill ? { shape, fill } : { shape }));
    return { title: titleOf(inputs), inputs, attrs: {} };
  });
}

/** Each special value with each. */
function specialPairs({ dtype, special }: Scope): Case<None>[] {
  const values = specialValues(dtype, special);
  const fill = cycle(values);
  const inputs = [
    { shape: [values.length, 1], fill },
    { shape: [1, values.length], fill },
  ];
  return [{ title: 'special values', inputs, attrs: {} }];
}

function choices({ dtype, dtypes, special }: Scope): Case<PrimitiveAttrs['where']>[] {
  const shapes: (readonly [Shape, Shape, Shape])[] = [
    ...SHAPES.map((shape) => [shape, shape, shape] as const),
    ...PAIRS.flatMap(([x, y]) => [[x, x, y] as const, [x, y, x] as const, [y, x, x] as const]),
    [[], [3], [3]],
    // oxfmt-ignore
    [[2, 1, 1], [3, 1], [4]],
  ];
  const cases = dtypes.flatMap((condition) =>
    (condition === dtype ? shapes : shapes.slice(0, SHAPES.length)).map((triple): Case<PrimitiveAttrs['where']> => {
      const inputs = triple.map((shape, i) =>
        i === 0 ? { shape, dtype: condition, fill: integers(-1, 1) } : { shape },
      );
      return { title: titleOf(inputs, `on ${condition}`), inputs, attrs: {} };
    }),
  );
  // Neither the value that is not chosen nor the sign of a zero may matter.
  const values = specialValues(dtype, special);
  const on = { shape: [values.length], fill: cycle(values) };
  const other = { shape: [values.length], fill: cycle(values.toReversed()) };
  return [...cases, { title: 'special values', inputs: [on, other, on], attrs: {} }];
}
