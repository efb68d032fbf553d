import type { PrimitiveAttrs } from '../primitives.ts';
import { ALL, type Case, FLOATS, type Scope, SHAPES, type Suite, type Suites, titleOf } from './case.ts';
import { type Fill, cycle, integers, uniform } from './inputs.ts';
import { specialValues } from './special.ts';

type Elementwise = 'neg' | 'exp' | 'log' | 'sqrt' | 'tanh' | 'sigmoid' | 'relu' | 'erf' | 'cast';

export const elementwiseSuites: Pick<Suites, Elementwise> = {
  neg: { dtypes: ALL, cases: everyShape() },
  exp: floats(uniform(-20, 20)),
  log: floats(uniform(0.001, 50)),
  sqrt: floats(uniform(0, 50)),
  tanh: floats(uniform(-4, 4)),
  sigmoid: floats(uniform(-9, 9)),
  relu: { dtypes: ALL, cases: everyShape() },
  erf: floats(uniform(-4, 4)),
  cast: { dtypes: ALL, cases: casts },
};

/** Random values in every shape, and the special values in one. */
function floats(fill: Fill): Suite<PrimitiveAttrs['exp']> {
  return {
    dtypes: FLOATS,
    cases: (scope) => {
      const values = specialValues(scope.dtype, scope.special);
      const special = { shape: [values.length], fill: cycle(values) };
      return [...everyShape(fill)(scope), { title: 'special values', inputs: [special], attrs: {} }];
    },
  };
}

function everyShape(fill?: Fill): Suite<PrimitiveAttrs['neg']>['cases'] {
  return () =>
    SHAPES.map((shape) => {
      const inputs = [fill ? { shape, fill } : { shape }];
      return { title: titleOf(inputs), inputs, attrs: {} };
    });
}

function casts({ dtype, dtypes, special }: Scope): Case<PrimitiveAttrs['cast']>[] {
  return dtypes.flatMap((to) => {
    const fill = dtype === 'int32' ? integers(-(2 ** 30), 2 ** 30) : uniform(-1000, 1000);
    const cases: Case<PrimitiveAttrs['cast']>[] = SHAPES.map((shape) => ({
      title: titleOf([{ shape }], `to ${to}`),
      inputs: [{ shape, fill }],
      attrs: { dtype: to },
    }));
    // Halves both ways show truncation; a float outside of int32 becomes what the device likes.
    const halves = [0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 0.999, -0.999, 1e9, -1e9];
    const values = to === 'int32' && dtype !== 'int32' ? halves : specialValues(dtype, special);
    const input = { shape: [values.length], fill: cycle(values) };
    return [...cases, { title: `special values to ${to}`, inputs: [input], attrs: { dtype: to } }];
  });
}
