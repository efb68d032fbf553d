import {
  Parameter,
  Rng,
  type Tensor,
  ceil,
  clamp,
  cosineSimilarity,
  cumsum,
  expm1,
  floor,
  log1p,
  norm,
  outer,
  pow,
  remainder,
  repeat,
  roll,
  round,
  scatterAddAlong,
  select,
  sign,
  standardDeviation,
  takeAlong,
  tensor,
  tile,
  topK,
  tril,
  triu,
  variance,
} from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradientCheck } from './gradient-check.ts';
import { valueAndGrad } from './value-and-grad.ts';

const double = { dtype: 'float64' } as const;

/** Distinct numbers at least 0.1 apart and from whole numbers and halves, where there are kinks: −1.93, −1.8, … */
function distinct(seed: number, shape: readonly number[]): Parameter {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float64Array.from(new Rng(seed).permutation(size), (i) => -1.93 + 0.13 * i);
  return new Parameter(tensor(data, { shape }));
}

const indices = (shape: readonly number[], count: number): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Int32Array.from({ length: size }, (_, i) => (i * 7) % count),
    { shape },
  );
};

/** Of x [3, 4] and y [4]. */
const ops: Readonly<Record<string, (x: Tensor, y: Tensor) => Tensor>> = {
  clamp: (x) => clamp(x, { min: -1.5, max: -0.8 }),
  'clamp by tensors': (x, y) => clamp(x, { min: y.sub(2), max: y.mul(0.3) }),
  'min over an axis': (x) => x.min(1),
  'pow, whole': (x) => pow(x, 3),
  'pow, negative': (x) => pow(x, -2),
  'pow, broken': (x) => pow(x.square(), 0.7),
  log1p: (x) => log1p(x.square().mul(1e-3)),
  expm1: (x) => expm1(x),
  remainder: (x) => remainder(x.mul(1.7), 0.6),
  variance: (x) => variance(x, 0, { correction: 1 }),
  standardDeviation: (x) => standardDeviation(x, 1),
  norm: (x) => norm(x, 1),
  cumsum: (x) => cumsum(x, 1),
  repeat: (x) => repeat(x, 3, 0),
  tile: (x) => tile(x, 2, 1),
  roll: (x) => roll(x, 3, 1),
  select: (x) => select(x, 1, -1),
  tril: (x) => tril(x),
  triu: (x) => triu(x, { diagonal: 1 }),
  takeAlong: (x) => takeAlong(x, indices([3, 6], 4)),
  'takeAlong the first axis': (x) => takeAlong(x, indices([2, 4], 3), 0),
  scatterAddAlong: (x) => scatterAddAlong(x, indices([3, 4], 5), 5),
  topK: (x) => topK(x, 2).values,
  cosineSimilarity: (x, y) => cosineSimilarity(x, y),
  outer: (x, y) => outer(x, y),
};

/** A number that depends on every element in a different way. */
function weighted(output: Tensor): Tensor {
  return output.mul(new Rng(100).uniform(output.shape, { low: 0.5, high: 1.5, ...double })).sum();
}

describe('the derivative of every composed op equals central differences', () => {
  it.each(Object.entries(ops))('%s, and the derivative of the derivative', (_name, op) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const parameters = [distinct(seed, [3, 4]), distinct(seed + 1, [4])] as const;
        const [x, y] = parameters;
        const loss = (): Tensor => weighted(op(x.value, y.value));
        expect(gradientCheck(loss, parameters)).toBeLessThan(1e-6);
        const ofSquare = (): Tensor => weighted(op(x.value, y.value).square());
        const second = (): Tensor => {
          const { grads } = valueAndGrad(ofSquare, parameters);
          return weighted(grads[0]).add(weighted(grads[1]));
        };
        expect(gradientCheck(second, parameters)).toBeLessThan(1e-5);
      }),
      { numRuns: 8 },
    );
  });
});

const gradient = (op: (x: Tensor) => Tensor, ...data: readonly number[]): readonly number[] => {
  const x = new Parameter(tensor(Float64Array.from(data)));
  return [...valueAndGrad(() => op(x.value).sum(), [x]).grads[0].dataSync()];
};

describe('where a derivative has a choice', () => {
  it('clamp has 1 at its bounds, as PyTorch', () => {
    expect(gradient((x) => clamp(x, { min: 0, max: 1 }), -1, 0, 0.5, 1, 2)).toEqual([0, 1, 1, 1, 0]);
  });

  it('roots of sums of squares have 0 at 0', () => {
    expect(gradient((x) => norm(x), 0, 0)).toEqual([0, 0]);
    expect(gradient((x) => standardDeviation(x), 3, 3)).toEqual([0, 0]);
    expect(gradient((x) => cosineSimilarity(x, x), 0, 0)).toEqual([0, 0]);
    expect(gradient((x) => pow(x, 1.5), 0)).toEqual([0]);
  });

  it('log1p and expm1 keep it near 0 and far from it', () => {
    expect(gradient(log1p, 1e-300, 0, 1)).toEqual([1, 1, 0.5]);
    expect(gradient(expm1, 1e-300, 0, -1000)).toEqual([1, 1, 0]);
  });

  it('rounding stops it, for large numbers and NaN too', () => {
    for (const op of [floor, ceil, round, sign]) {
      expect(gradient((x) => op(x).add(x), 0.3, -1.5, 1e30, NaN)).toEqual([1, 1, 1, 1]);
    }
  });
});
