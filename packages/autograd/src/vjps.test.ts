import type { Primitive } from '@unroll/backend';
import { Parameter, Rng, type Tensor, concat, run, scatterAdd, tensor, where } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradientCheck } from './gradient-check.ts';
import { valueAndGrad } from './value-and-grad.ts';

/** An op with its differentiable inputs as parameters. */
interface Case {
  readonly parameters: readonly Parameter[];
  readonly op: (x: Tensor, y: Tensor) => Tensor | readonly Tensor[];
}

/** The op on its parameters; one with a single input ignores the second. */
function applyCase({ parameters: [x, y = x], op }: Case): Tensor | readonly Tensor[] {
  return op(x!.value, y!.value);
}

const double = { dtype: 'float64' } as const;
const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
const axisOf = (shape: readonly number[], pick: number): number => pick % shape.length;

/** Values away from 0 by at least ¼, where kinks and poles are. */
function awayFromZero(rng: Rng, shape: readonly number[]): Parameter {
  const sign = rng.bernoulli(shape, 0.5, double).mul(2).sub(1);
  return new Parameter(rng.uniform(shape, { low: 0.25, high: 2, ...double }).mul(sign));
}
const positive = (rng: Rng, shape: readonly number[]): Parameter =>
  new Parameter(rng.uniform(shape, { low: 0.25, high: 2, ...double }));

/** A permutation scaled: no two elements are nearer than 0.1, so that a maximum has no kink within the step. */
function distinct(rng: Rng, shape: readonly number[]): Parameter {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Parameter(
    tensor(
      Float64Array.from(rng.permutation(size), (x) => x * 0.1 - 1),
      { shape },
    ),
  );
}

const unary = (op: (x: Tensor) => Tensor, make = awayFromZero): fc.Arbitrary<Case> =>
  fc
    .record({ shape: shapes, seed: fc.nat() })
    .map(({ shape, seed }) => ({ parameters: [make(new Rng(seed), shape)], op: (x) => op(x) }));

/** Two shapes that broadcast: some axes of each shrunk to 1, leading axes of the second cut off. */
const broadcastPair = fc
  .record({ shape: shapes, cut: fc.nat(4), holes: fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }) })
  .map(({ shape, cut, holes }) => ({
    left: shape.map((length, i) => (holes[i] === 1 ? 1 : length)),
    right: shape.map((length, i) => (holes[i] === 2 ? 1 : length)).slice(Math.min(cut, shape.length)),
  }));

const binary = (op: (x: Tensor, y: Tensor) => Tensor): fc.Arbitrary<Case> =>
  fc.record({ pair: broadcastPair, seed: fc.nat() }).map(({ pair, seed }) => {
    const rng = new Rng(seed);
    return { parameters: [awayFromZero(rng, pair.left), awayFromZero(rng, pair.right)], op: (x, y) => op(x, y) };
  });

const nonEmptyShapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
const along = (
  op: (x: Tensor, axis: number, rng: Rng) => Tensor | readonly Tensor[],
  make = awayFromZero,
): fc.Arbitrary<Case> =>
  fc.record({ shape: nonEmptyShapes, pick: fc.nat(3), seed: fc.nat() }).map(({ shape, pick, seed }) => ({
    parameters: [make(new Rng(seed), shape)],
    op: (x) => op(x, axisOf(shape, pick), new Rng(seed + 1)),
  }));

const indexed = fc.record({
  rows: fc.integer({ min: 1, max: 5 }),
  indexShape: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
  rest: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
  seed: fc.nat(),
});
const randomIndices = (rng: Rng, shape: readonly number[], rows: number): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Int32Array.from({ length: size }, () => rng.integer(rows)),
    { shape },
  );
};

/** One row per primitive: a new one without a check does not compile. `null` has no derivative, by definition. */
const cases: { readonly [P in Primitive]: fc.Arbitrary<Case> | null } = {
  neg: unary((x) => x.neg()),
  exp: unary((x) => x.exp()),
  log: unary((x) => x.log(), positive),
  sqrt: unary((x) => x.sqrt(), positive),
  tanh: unary((x) => x.tanh()),
  sigmoid: unary((x) => x.sigmoid()),
  relu: unary((x) => x.relu()),
  erf: unary((x) => x.erf()),
  sin: unary((x) => x.mul(3).sin()),
  cos: unary((x) => x.mul(3).cos()),
  add: binary((x, y) => x.add(y)),
  sub: binary((x, y) => x.sub(y)),
  mul: binary((x, y) => x.mul(y)),
  div: binary((x, y) => x.div(y)),
  // 3y keeps |x − 3y| away from 0 unless they tie to within the step, which random doubles do not.
  maximum: binary((x, y) => x.maximum(y.mul(3))),
  less: null,
  equal: null,
  where: binary((x, y) => where(x.add(y).detach().greater(0), x, y)),
  cast: unary((x) => x.cast('float64')),
  matmul: fc
    .record({
      sizes: fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 1, max: 5 }))),
      batched: fc.boolean(),
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
      seed: fc.nat(),
    })
    .map(({ sizes, batched, transposeA, transposeB, seed }) => {
      const [b, m, k, n] = sizes as [number, number, number, number];
      const lead = batched ? [b] : [];
      const rng = new Rng(seed);
      return {
        parameters: [
          awayFromZero(rng, [...lead, ...(transposeA ? [k, m] : [m, k])]),
          awayFromZero(rng, [...lead, ...(transposeB ? [n, k] : [k, n])]),
        ],
        op: (x, y) => x.matmul(y, { transposeA, transposeB }),
      };
    }),
  sum: along((x, axis) => x.sum([0, axis])),
  max: along((x, axis) => x.max([0, axis]), distinct),
  argmax: null,
  broadcast: fc.record({ pair: broadcastPair, seed: fc.nat() }).map(({ pair, seed }) => ({
    parameters: [awayFromZero(new Rng(seed), pair.right)],
    op: (x) =>
      x.broadcastTo([
        2,
        ...pair.left.map((length, i) => Math.max(length, pair.right[i - pair.left.length + pair.right.length] ?? 1)),
      ]),
  })),
  reshape: unary((x) => x.reshape([-1])),
  transpose: along((x, axis, rng) => x.transpose([...rng.permutation(x.rank)].map((a) => (a + axis) % x.rank))),
  reverse: along((x, axis) => x.reverse(axis)),
  split: along((x, axis) => {
    const first = Math.floor(x.shape[axis]! / 2);
    return x.split(axis, [first, x.shape[axis]! - first]);
  }),
  concat: along((x, axis) => concat([x, x.mul(2), x], axis)),
  slice: along((x, axis) => x.slice(axis, x.shape[axis]! - 1, 1)),
  pad: along((x, axis) => x.pad(axis, 1, 2)),
  gather: indexed.map(({ rows, indexShape, rest, seed }) => {
    const rng = new Rng(seed);
    const indices = randomIndices(rng, indexShape, rows);
    return { parameters: [awayFromZero(rng, [rows, ...rest])], op: (x) => x.gather(indices) };
  }),
  scatterAdd: indexed.map(({ rows, indexShape, rest, seed }) => {
    const rng = new Rng(seed);
    const indices = randomIndices(rng, indexShape, rows);
    return { parameters: [awayFromZero(rng, [...indexShape, ...rest])], op: (x) => scatterAdd(x, indices, rows) };
  }),
};

/** A number that depends on every output element in a different way, so that no derivative can hide. */
function weighted(outputs: Tensor | readonly Tensor[]): Tensor {
  const list = Array.isArray(outputs) ? (outputs as readonly Tensor[]) : [outputs as Tensor];
  return list
    .map((output, i) => output.mul(new Rng(100 + i).uniform(output.shape, { low: 0.5, high: 1.5, ...double })).sum())
    .reduce((a, b) => a.add(b));
}

describe('the derivative of every primitive equals central differences', () => {
  for (const [name, arbitrary] of Object.entries(cases)) {
    if (!arbitrary) continue;
    it(name, () => {
      fc.assert(
        fc.property(arbitrary, ({ parameters, op }) => {
          const loss = (): Tensor => weighted(applyCase({ parameters, op }));
          expect(gradientCheck(loss, parameters)).toBeLessThan(1e-7);
        }),
        { numRuns: 40 },
      );
    });

    it(`${name}: and so does the derivative of the derivative`, () => {
      fc.assert(
        fc.property(arbitrary, ({ parameters, op }) => {
          const gradientNorm = (): Tensor => {
            // A square makes the first derivative depend on the inputs even where the op is linear.
            const loss = (): Tensor => {
              const outputs = applyCase({ parameters, op });
              const list = Array.isArray(outputs) ? (outputs as readonly Tensor[]) : [outputs as Tensor];
              return weighted(list.map((output) => output.square()));
            };
            return weighted(valueAndGrad(loss, parameters).grads);
          };
          expect(gradientCheck(gradientNorm, parameters)).toBeLessThan(1e-6);
        }),
        { numRuns: 15 },
      );
    });
  }

  it('elements that reach the maximum together share its cotangent', () => {
    const x = new Parameter(tensor([3, 1, 3, 3], double));
    const y = new Parameter(tensor([3, 2, 0, 4], double));
    const ofAll = valueAndGrad(() => x.value.max(), [x]);
    expect([...ofAll.grads[0].dataSync()]).toEqual([1 / 3, 0, 1 / 3, 1 / 3]);
    const ofPairs = valueAndGrad(() => x.value.maximum(y.value).sum(), [x, y]);
    expect([...ofPairs.grads[0].dataSync()]).toEqual([0.5, 0, 1, 0]);
    expect([...ofPairs.grads[1].dataSync()]).toEqual([0.5, 1, 0, 1]);
  });

  it('ops without a derivative stop it', () => {
    for (const primitive of ['less', 'equal'] as const) {
      const x = new Parameter(tensor([1, 2, 3], double));
      const { grads } = valueAndGrad(() => run(primitive, [x.value, tensor([2, 2, 2], double)], {})[0]!.sum(), [x]);
      expect([...grads[0].dataSync()]).toEqual([0, 0, 0]);
    }
  });
});
