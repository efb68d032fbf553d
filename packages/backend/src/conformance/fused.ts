import type { FusedAttrs, FusedOp } from '../fused.ts';
import { type Shape, formatShape } from '../shape.ts';
import { type Case, type CaseInput, type Scope, titleOf } from './case.ts';
import { type Fill, cycle, integers, uniform } from './inputs.ts';

/** Rows around the widths of vector instructions. */
const ROWS: readonly Shape[] = [[1], [7], [1, 1], [3, 4], [5, 65], [2, 3, 9], [4, 131], [0, 5]];
const ELEMENTS: readonly Shape[] = [[], [0], [1], [3], [8], [5, 7], [67, 129]];
const IGNORED = -100;

const ADAM: readonly FusedAttrs['adam'][] = [
  { beta1: 0.9, beta2: 0.999, rate: 1e-3, epsilon: 1e-8, weightDecay: 0, shrink: 1 },
  { beta1: 0.5, beta2: 0.9, rate: 0.1, epsilon: 0.01, weightDecay: 0.3, shrink: 1 },
  { beta1: 0, beta2: 0.99, rate: 0.02, epsilon: 1e-6, weightDecay: 0, shrink: 0.97 },
];

const oneHot = cycle(Array.from({ length: 37 }, (_, i) => (i === 5 ? 1 : 0)));

type FusedSuites = { readonly [F in FusedOp]: (scope: Scope) => readonly Case<FusedAttrs[F]>[] };

/** Cases for every fused op; leaving one out does not compile. */
export const fusedSuites: FusedSuites = {
  softmax: (scope) =>
    (['nan', 'zero'] as const).flatMap((empty) => [
      ...ROWS.map((shape) => row('softmax', [{ shape }], { empty })),
      ...hard(scope).map((input) => row(`softmax hard ${empty}`, [input], { empty })),
    ]),
  softmaxGradient: () =>
    ROWS.map((shape) =>
      row('of', [{ shape, fill: uniform(0, 0.4) }, { shape }], {} satisfies FusedAttrs['softmaxGradient']),
    ),
  logSoftmax: (scope) => [
    ...ROWS.map((shape) => row('of', [{ shape }], {})),
    ...hard(scope).map((input) => row('hard', [input], {})),
  ],
  logSoftmaxGradient: () => ROWS.map((shape) => row('of', [{ shape, fill: uniform(-9, 0) }, { shape }], {})),

  crossEntropy: (scope) => losses(scope),
  crossEntropyWithGradient: (scope) => losses(scope),
  crossEntropyMean: (scope) => losses(scope),

  layerNorm: () =>
    ROWS.flatMap((shape) =>
      [0.1, 1e-5].map((epsilon) => {
        const perColumn = { shape: shape.slice(-1) };
        return row(`ε ${epsilon}`, [{ shape, fill: uniform(-5, 9) }, perColumn, perColumn], { epsilon });
      }),
    ),
  layerNormGradient: () =>
    ROWS.map((shape) => {
      const perColumn = { shape: shape.slice(-1) };
      const perRow = [...shape.slice(0, -1), 1];
      const [mean, d] = [{ shape: perRow }, { shape: perRow, fill: uniform(0.5, 2) }];
      return row('of', [{ shape }, perColumn, mean, d, { shape }], {});
    }),

  adam: () => ADAM.flatMap((attrs) => elements(['any', 'any', 'any', 'positive'], attrs)),
  adamOfAll: () =>
    ADAM.flatMap((attrs) =>
      [ELEMENTS, [[9]], [[257, 128], [3], [512, 65]]].map((shapes) => {
        const inputs = shapes.flatMap((shape): readonly CaseInput[] => [
          { shape },
          { shape },
          { shape },
          { shape, fill: uniform(0.01, 2) },
        ]);
        return row(JSON.stringify(attrs), inputs, attrs);
      }),
    ),
  sgd: () => [0, 0.1].flatMap((weightDecay) => elements(['any', 'any'], { rate: 0.3, weightDecay })),
  sgdMomentum: () =>
    [
      { rate: 0.1, weightDecay: 0, momentum: 0.9, share: 1, nesterov: false },
      { rate: 0.1, weightDecay: 0.2, momentum: 0.5, share: 0.7, nesterov: false },
      { rate: 0.1, weightDecay: 0.2, momentum: 0.5, share: 1, nesterov: true },
    ].flatMap((attrs) => elements(['any', 'any', 'any'], attrs)),
  rmsProp: () =>
    [0, 0.1].flatMap((weightDecay) =>
      elements(['any', 'any', 'positive'], { rate: 0.01, weightDecay, alpha: 0.99, epsilon: 1e-8 }),
    ),

  sumOfSquares: () => [
    ...ELEMENTS.map((shape) => row('of', [{ shape }], {})),
    row(
      'of',
      ELEMENTS.map((shape) => ({ shape })),
      {},
    ),
  ],

  oneHot: ({ dtype }) =>
    [1, 3, 65].flatMap((depth) =>
      [...ELEMENTS, [40, 50]].map((shape) =>
        row(`of ${depth}`, [{ shape, dtype: 'int32', fill: integers(-2, depth + 1) }], {
          depth,
          dtype: dtype === 'float64' ? dtype : 'float32',
        }),
      ),
    ),

  productOverTime: () =>
    [true, false].flatMap((transposeB) =>
      [
        [1, 1, 1, 1],
        [3, 5, 7, 2],
        [9, 12, 33, 66],
        [2, 40, 17, 16],
        [0, 4, 3, 5],
        [4, 3, 5, 0],
      ].flatMap(([time, rows, k, n]) => {
        const a = { shape: [time!, rows!, k!], fill: uniform(-1, 1) };
        const b = { shape: transposeB ? [n!, k!] : [k!, n!], fill: uniform(-1, 1) };
        const note = transposeB ? 'transposed' : 'as it is';
        return [
          row(note, [a, b], { transposeB }),
          row(`${note}, of rows that are mostly 0`, [{ ...a, fill: oneHot }, b], { transposeB }),
        ];
      }),
    ),
  sumOfProducts: () =>
    [
      [1, 1, 1, 1],
      [3, 5, 7, 2],
      [9, 13, 66, 33],
      [2, 40, 17, 16],
      [0, 4, 3, 5],
      [4, 3, 0, 5],
    ].flatMap(([time, rows, m, n]) => {
      const [a, b] = [
        [time!, rows!, m!],
        [time!, rows!, n!],
      ].map((shape) => ({ shape, fill: uniform(-1, 1) }));
      return [row('of', [a!, b!], {}), row('of rows that are mostly 0', [a!, { ...b!, fill: oneHot }], {})];
    }),
};

function row<Attrs>(note: string, inputs: readonly CaseInput[], attrs: Attrs): Case<Attrs> {
  return { title: titleOf(inputs, note), inputs, attrs };
}

function elements<Attrs>(signs: readonly ('any' | 'positive')[], attrs: Attrs): readonly Case<Attrs>[] {
  return ELEMENTS.map((shape) => ({
    title: `${formatShape(shape)} ${JSON.stringify(attrs)}`,
    inputs: signs.map((sign) => (sign === 'any' ? { shape } : { shape, fill: uniform(0.01, 2) })),
    attrs,
  }));
}

/** Rows of large numbers, and of what is no number. */
function hard({ special }: Scope): readonly CaseInput[] {
  const rows = [
    [1000, -1000, 0, 999, 1001],
    [-1e30, -1e30, 1e30, 0, 1],
    ...(special.infinity === false
      ? []
      : [
          [-Infinity, 0, 1, -Infinity, 2],
          [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
          [1, Infinity, 2, 3, 4],
        ]),
    ...(special.nan === false ? [] : [[1, 2, NaN, 3, 4]]),
  ];
  return [{ shape: [rows.length, 5], fill: cycle(rows.flat()) }];
}

/** Positions that are left out hold what would spread if they were looked at. */
function losses({ special }: Scope): readonly Case<FusedAttrs['crossEntropy']>[] {
  const attrs = { ignoreIndex: IGNORED };
  const usual = ROWS.map((shape) => {
    const targets: CaseInput = { shape: shape.slice(0, -1), dtype: 'int32', fill: integers(0, shape.at(-1)! - 1) };
    return row('of', [{ shape, fill: uniform(-4, 4) }, targets], attrs);
  });
  const poison: Fill = special.nan === false ? () => 1e30 : () => NaN;
  const half =
    (fill: Fill): Fill =>
    (random, i) =>
      Math.floor(i / 6) % 2 === 0 ? poison(random, i) : fill(random, i);
  const some = row(
    'with rows left out',
    [
      { shape: [8, 6], fill: half(uniform(-90, 90)) },
      { shape: [8], dtype: 'int32', fill: cycle([IGNORED, 5, IGNORED, 0]) },
    ],
    attrs,
  );
  const none = row(
    'with all left out',
    [
      { shape: [3, 7], fill: poison },
      { shape: [3], dtype: 'int32', fill: cycle([2]) },
    ],
    { ignoreIndex: 2 },
  );
  return [...usual, some, none];
}
