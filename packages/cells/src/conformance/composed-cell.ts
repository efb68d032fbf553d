import {
  Parameter,
  Rng,
  type Tensor,
  all,
  any,
  arange,
  ceil,
  clamp,
  cosineSimilarity,
  cumsum,
  expm1,
  eye,
  floor,
  greaterEqual,
  isFinite,
  isNaN,
  lessEqual,
  linspace,
  log1p,
  norm,
  notEqual,
  onesLike,
  outer,
  pow,
  remainder,
  repeat,
  roll,
  round,
  scatterAddAlong,
  select,
  sign,
  stack,
  standardDeviation,
  takeAlong,
  tile,
  topK,
  tril,
  triu,
  variance,
  where,
  zeros,
  zerosLike,
} from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';

type Op = (a: Tensor, b: Tensor) => Tensor;

const kept = { keepDims: true } as const;

/** The ops of `@unroll/tensor` that are made of others, each at work: of values [batch, hidden], with at least three columns, one more. */
export const composedOps: Readonly<Record<string, Op>> = {
  'sin and cos': (a, b) => a.mul(2).sin().mul(b.cos()),
  // Steps between angles, so that rounding does not grow with them.
  'sin and cos of large angles': (a, b) => floor(a).mul(2000).cos().add(floor(b).mul(2e4).add(5e4).sin()).mul(b),
  clamp: (a, b) => clamp(a, { min: -0.5, max: b.abs() }),
  min: (a, b) => a.min(1, kept).mul(b),
  argmin: (a, b) => where(a.argmin(1, kept).equal(b.argmin(1, kept)), a, b.mul(0.5)),
  pow: (a, b) => pow(a, 3).add(pow(b.square().add(0.1), -0.7)),
  'log1p and expm1': (a, b) => log1p(a.square()).add(expm1(b)),
  'floor, ceil, round and sign': (a, b) => {
    const x = a.mul(3.3);
    return floor(x)
      .sub(ceil(x.add(0.2)))
      .add(round(x).mul(b))
      .mul(sign(b));
  },
  remainder: (a, b) => remainder(a, 0.7).mul(b),
  comparisons: (a, b) => where(lessEqual(a, b), a, greaterEqual(b, 0.1)).mul(notEqual(a, b)).add(b),
  'isNaN and isFinite': (a, b) => where(isNaN(a.sub(1).log()), b, a).mul(isFinite(b.log())),
  'any and all': (a, b) => where(any(a.greater(1.5), 1, kept), a, b).mul(all(a.less(2), 1, kept).add(1)),
  variance: (a, b) => b.mul(variance(a, 1, { ...kept, correction: 1 })).add(standardDeviation(b, 1, kept)),
  norm: (a, b) => a.div(norm(a, 1, kept).add(0.1)).mul(b),
  cumsum: (a, b) =>
    cumsum(a, 1)
      .mul(0.3)
      .add(cumsum(b.reverse(1), 0).reverse(1)),
  topK: (a, b) => {
    const { values, indices } = topK(a, 2);
    return b.mul(values.sum(1, kept)).add(indices.cast('float32').mean(1, kept));
  },
  takeAlong: (a, b) => takeAlong(a, topK(b, 3).indices).sum(1, kept).mul(b),
  scatterAddAlong: (a, b) => scatterAddAlong(topK(a, 2).values, topK(b, 2).indices, a.shape[1]!),
  select: (a, b) => select(stack([a, b.mul(2)], 1), 1, -1).add(select(a, 1, 0).expandDims(1)),
  roll: (a, b) => roll(a, 1, 1).mul(roll(b, -2, 1)),
  'repeat and tile': (a, b) => {
    const columns = a.shape[1]!;
    return repeat(a, 2, 1)
      .slice(1, 1, columns)
      .add(tile(b, 2, 1).slice(1, 1, columns));
  },
  triangles: (a, b) =>
    tril(outer(a, b))
      .sum(1)
      .add(triu(outer(b, a), { diagonal: 1 }).sum(2))
      .mul(0.3),
  cosineSimilarity: (a, b) => a.mul(cosineSimilarity(a, b).expandDims(1)).add(b),
  'arange, linspace and eye': (a, b) => {
    const columns = a.shape[1]!;
    const options = { dtype: a.dtype, backend: a.backend };
    const weighted = a.mul(arange(2, { start: 2 - columns, ...options }).mul(0.2)).add(b.matmul(eye(columns, options)));
    return weighted.mul(linspace(0.5, 1, columns, options));
  },
  'zerosLike and onesLike': (a, b) => zerosLike(a).add(b).mul(onesLike(b).add(a)),
};

/** h′ = tanh op(W h + x, h): a cell around one of those ops. */
export class ComposedCell implements RecurrentCell<Tensor> {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly weight: Parameter;
  readonly #op: Op;

  constructor(op: Op, size: number) {
    this.#op = op;
    this.inputSize = size;
    this.outputSize = size;
    this.weight = new Parameter(new Rng(5).normal([size, size], { std: 0.7 }));
  }

  initialState(batch: number): Tensor {
    return zeros([batch, this.outputSize]);
  }

  step(x: Tensor, h: Tensor): readonly [Tensor, Tensor] {
    const next = this.#op(h.matmul(this.weight.value).add(x), h).tanh();
    return [next, next];
  }
}
