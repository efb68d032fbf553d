import type { PrimitiveAttrs } from '../primitives.ts';
import { type Shape, formatShape } from '../shape.ts';
import { ALL, type Case, type Suites } from './case.ts';
import { cycle, integers } from './inputs.ts';

/** The shape of the indices, the number of rows, the shape of a row. */
const SIZES: readonly (readonly [Shape, number, Shape])[] = [
  [[], 3, []],
  [[], 3, [4]],
  [[1], 1, [1]],
  [[7], 5, []],
  [[7], 5, [1]],
  [[7], 5, [3]],
  [[2, 3], 4, [5]],
  [[2, 3], 4, [2, 3]],
  [[2, 2, 2], 3, [2]],
  [[33], 3, [9]],
  [[3], 50, [7]],
  [[0], 3, [2]],
  [[0], 0, [2]],
  [[3], 2, [0]],
  [[129], 31, [67]],
];

export const gatherSuites: Pick<Suites, 'gather' | 'scatterAdd'> = {
  gather: {
    dtypes: ALL,
    cases: () =>
      SIZES.flatMap(([indices, rows, row]): Case<PrimitiveAttrs['gather']>[] => [
        {
          title: `${formatShape([rows, ...row])} at ${formatShape(indices)}`,
          inputs: [{ shape: [rows, ...row] }, { shape: indices, dtype: 'int32', fill: integers(0, rows - 1) }],
          attrs: {},
        },
      ]),
  },
  scatterAdd: {
    dtypes: ALL,
    cases: () => [
      ...SIZES.map(([indices, rows, row]): Case<PrimitiveAttrs['scatterAdd']> => ({
        title: `${formatShape([...indices, ...row])} at ${formatShape(indices)} into ${rows} rows`,
        inputs: [{ shape: [...indices, ...row] }, { shape: indices, dtype: 'int32', fill: integers(0, rows - 1) }],
        attrs: { rows },
      })),
      {
        title: '[9, 5] all at one row of 4',
        inputs: [{ shape: [9, 5] }, { shape: [9], dtype: 'int32', fill: cycle([2]) }],
        attrs: { rows: 4 },
      },
    ],
  },
};
