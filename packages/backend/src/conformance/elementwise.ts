import type { DType } from '../buffer.ts';
import type { None, PrimitiveAttrs } from '../primitives.ts';
import { ALL, type Case, FLOATS, type Scope, SHAPES, type Suite, type Suites, titleOf } from './case.ts';
import { type Fill, cycle, integers, uniform } from './inputs.ts';
import { specialAngles, specialValues } from './special.ts';

type Elementwise = 'neg' | 'exp' | 'log' | 'sqrt' | 'tanh' | 'sigmoid' | 'relu' | 'erf' | 'sin' | 'cos' | 'cast';

export const elementwiseSuites: Pick<Suites, Elementwise> = {
  neg: suite(ALL),
  exp: suite(FLOATS, uniform(-20, 20)),
  log: suite(FLOATS, uniform(0.001, 50)),
  sqrt: suite(FLOATS, uniform(0, 50)),
  tanh: suite(FLOATS, uniform(-4, 4)),
  sigmoid: suite(FLOATS, uniform(-9, 9)),
  relu: suite(ALL),
  erf: suite(FLOATS, uniform(-4, 4)),
  sin: suite(FLOATS, uniform(-30, 30), specialAngles),
  cos: suite(FLOATS, uniform(-30, 30), specialAngles),
  cast: { dtypes: ALL, cases: casts },
};

/** Random values in every shape, and the special values in one. */
function suite(dtypes: readonly DType[], fill?: Fill, specialsOf = specialValues): Suite<None> {
  return {
    dtypes,
    cases: ({ dtype, special }) => {
      const cases = SHAPES.map((shape) => {
        const inputs = [fill ? { shape, fill } : { shape }];
        return { title: titleOf(inputs), inputs, attrs: {} };
      });
      const values = specialsOf(dtype, special);
      return [
        ...cases,
        { title: 'special values', inputs: [{ shape: [values.length], fill: cycle(values) }], attrs: {} },
      ];
    },
  };
}

function casts({ dtype, dtypes, special }: Scope): Case<PrimitiveAttrs['cast']>[] {
  const largest = special.largestInteger ?? Infinity;
  const wide = Math.min(2 ** 30, largest);
  return dtypes.flatMap((to) => {
    const fill = dtype === 'int32' ? integers(-wide, wide) : uniform(-1000, 1000);
    const cases: Case<PrimitiveAttrs['cast']>[] = SHAPES.map((shape) => ({
      title: titleOf([{ shape }], `to ${to}`),
      inputs: [{ shape, fill }],
      attrs: { dtype: to },
    }));
    // Halves both ways show truncation; a float outside of int32 becomes what the device likes.
    const halves = [0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 0.999, -0.999, 1e9, -1e9];
    const held = halves.filter((value) => Math.abs(value) <= largest);
    const values = to === 'int32' && dtype !== 'int32' ? held : specialValues(dtype, special);
    const input = { shape: [values.length], fill: cycle(values) };
    return [...cases, { title: `special values to ${to}`, inputs: [input], attrs: { dtype: to } }];
  });
}
