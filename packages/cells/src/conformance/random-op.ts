import { layerNorm } from '@unroll/layers';
import { type Tensor, concat, maximum, scatterAdd, softmax, where, zeros } from '@unroll/tensor';

/** What a random op is made from. */
export interface RandomOpInputs {
  /** [batch, hidden] */
  readonly a: Tensor;
  readonly b: Tensor;
  /** [batch, inputSize] */
  readonly x: Tensor;
  /** [1, SLOTS]: of the places that an attention looks at. */
  readonly mask: Tensor;
  /** The next of the cell's parameters. */
  readonly parameter: (...shape: readonly number[]) => Tensor;
  /** A number below `count`. */
  readonly pick: (count: number) => number;
}

/** Places of what attentions look at. */
export const SLOTS = 3;
/** How many ops there are. */
export const RANDOM_OPS = 46;

/** One op, or a few that belong together: values [batch, hidden]. */
export function randomOp(op: number, { a, b, x, mask, parameter: p, pick }: RandomOpInputs): readonly Tensor[] {
  const [[batch, hidden], inputSize] = [a.shape as [number, number], x.shape[1]!];
  const dtype = a.dtype === 'float64' ? 'float64' : 'float32';
  switch (op) {
    case 0:
      return [a.add(b)];
    case 1:
      return [a.sub(b).mul(0.7)];
    case 2:
      return [a.tanh().mul(b.sigmoid())];
    case 3:
      return [a.mul(p(hidden)).add(p(1, hidden))];
    case 4:
      return [pick(2) === 0 ? a.tanh().matmul(p(hidden, hidden)) : a.matmul(p(hidden, hidden), { transposeB: true })];
    case 5:
      return concat([x, a.tanh()], 1)
        .matmul(p(inputSize + hidden, 2 * hidden))
        .split(1, 2);
    case 6: {
      const sums = a.matmul(p(hidden, 3 * hidden)).add(b.sigmoid().matmul(p(hidden, 3 * hidden)));
      const [u, v, w] = sums.add(p(3 * hidden)).split(1, 3);
      return pick(2) === 0 ? [u.sigmoid().mul(v), w] : [v];
    }
    case 7:
      return [a.neg().add(1).mul(b.tanh()).relu()];
    case 8:
      return [where(a.greater(b), a.mul(2), b), a.less(b).mul(a)];
    case 9:
      return [maximum(a, b.mul(0.3))];
    case 10:
      return [a.detach().mul(b)];
    case 11:
      return [a.abs().add(1).log(), a.square().add(1).sqrt(), a.tanh().exp(), a.tanh().erf(), a.sin(), b.mul(3).cos()];
    case 12:
      return [b.div(a.square().add(1))];
    case 13:
      // A column for all columns, of a parameter and of what the step makes.
      return [a.mul(p(batch, 1)), a.slice(1, hidden - 1, 1).mul(b), p(1).mul(a)];
    case 14:
      // Every example has numbers of its own, whose derivative is a sum over the steps.
      return [a.mul(p(batch, hidden)).tanh()];
    case 15:
      // A weight that each step makes, and a product that mixes the examples.
      return [b.matmul(a.matmul(p(batch, hidden), { transposeA: true }).tanh())];
    case 16:
      return [a.matmul(b, { transposeB: true }).tanh().matmul(a)];
    case 17:
      return [
        concat([a, b], 1)
          .mul(p(2 * hidden))
          .slice(1, 1, hidden),
      ];
    case 18:
      return [concat([b, a], 0).tanh().slice(0, 1, batch)];
    case 19:
      return [normalize(a).mul(p(hidden)).add(p(hidden))];
    case 20: {
      // One normalization over what is split afterwards.
      const sums = a.tanh().matmul(p(hidden, 3 * hidden));
      const [u, v, w] = normalize(sums)
        .mul(p(3 * hidden))
        .split(1, 3);
      return [u.sigmoid().mul(v), w.tanh()];
    }
    case 21:
      return [softmax(a).mul(b), a.mul(b.mean(1, { keepDims: true }).sigmoid())];
    case 22: {
      // Attention over a memory, of which one slot may be masked.
      const memory = p(batch, SLOTS, hidden);
      const scores = memory.matmul(a.tanh().reshape([batch, hidden, 1])).squeeze(2);
      const weights = softmax(scores, pick(2) === 0 ? {} : { mask });
      return [weights.expandDims(1).matmul(memory).squeeze(1)];
    }
    case 23: {
      // Additive attention: the memory meets the query by broadcasting.
      const scores = p(batch, SLOTS, hidden).add(a.expandDims(1)).tanh().mul(p(hidden)).sum(2);
      return [softmax(scores).matmul(p(SLOTS, hidden))];
    }
    case 24:
      return [maximum(a, b.mul(0.3)), a.max(1, { keepDims: true }).mul(b)];
    case 25:
      return [a.sub(a.mean(0)).mul(p(hidden)), b.mul(a.sum().tanh())];
    case 26:
      return [p(hidden, hidden).gather(a.argmax(1)).add(a)];
    case 27:
      return [scatterAdd(a.tanh(), b.argmax(1), hidden).gather(a.argmax(1))];
    case 28:
      return [
        a
          .reverse(1)
          .slice(1, 0, 1)
          .pad(1, hidden - 1, 0),
        a.reverse(0),
        a.slice(1, 0, 1).mul(b),
      ];
    case 29:
      return [a.mul(3).cast('int32').cast(dtype).mul(b.tanh())];
    case 30:
      return [a.transpose().tanh().matmul(p(batch, batch)).transpose().tanh()];
    case 31:
      return [
        a
          .tanh()
          .expandDims(1)
          .mul(b.tanh().expandDims(2))
          .matmul(p(batch, hidden, 2), { transposeA: pick(2) === 0 })
          .max(2),
      ];
    case 32: {
      // Along a middle axis, in parts.
      const joined = concat([a.expandDims(1), b.expandDims(1), p(batch, 1, hidden)], 1);
      const [u, v] = joined.split(1, [2, 1]);
      return [u.sum(1).tanh(), v.squeeze(1).mul(a), joined.reverse(1).slice(1, 0, 1).squeeze(1)];
    }
    case 33: {
      const pair = concat([a, b], 1).reshape([batch, 2, hidden]).transpose([0, 2, 1]);
      return [
        pair
          .sigmoid()
          .reshape([batch, 2 * hidden])
          .slice(1, 0, hidden),
        pair.mean(2),
      ];
    }
    case 34:
      return [where(b.argmax(1, { keepDims: true }).equal(a.argmax(1, { keepDims: true })), a, b.neg())];
    case 35:
      return [
        zeros([batch, hidden], { dtype }).add(a),
        a.sub(zeros([hidden], { dtype })),
        a.pad(0, 1, 0).slice(0, 0, batch).tanh(),
      ];
    case 36:
      return [x.tanh().mul(p(inputSize)).matmul(p(inputSize, hidden)).sigmoid()];
    case 37:
      return [layerNorm(a, [hidden], { weight: p(hidden), bias: p(hidden), epsilon: 0.1 })];
    case 38: {
      const sums = concat([a.sigmoid(), x, b.tanh()], 1).matmul(p(3 * hidden, 2 * hidden + inputSize), {
        transposeB: true,
      });
      const [u, v, w] = sums.add(p(3 * hidden)).split(1, 3);
      return pick(2) === 0 ? [u.sigmoid().mul(v), w] : [v];
    }
    case 39:
      // Ops on parameters alone, which run for real.
      return [a.matmul(p(hidden, hidden).transpose().mul(0.5)), a.mul(p(1).mul(2))];
    case 40:
      // A product that mixes the examples of a batch.
      return [softmax(a.matmul(b, { transposeB: true })).matmul(a)];
    case 41:
      return [
        a
          .expandDims(1)
          .mul(b.expandDims(2))
          .tanh()
          .matmul(p(batch, hidden, 1))
          .squeeze(2),
      ];
    case 42:
      return [x.sum(1, { keepDims: true }).mul(p(hidden)), a.mul(x.slice(1, 0, 1))];
    case 43:
      return [p(hidden, hidden).matmul(a, { transposeB: true }).transpose()];
    case 44: {
      // Constants far below 1; what is made of them stays a number that every device has.
      const small = a.square().add(1).mul(1e-30);
      return [small.mul(1e30).log(), b.add(1e-30), small.sqrt().mul(1e15).mul(b.tanh())];
    }
    default:
      // Gates, of which some wait for others.
      return [a.sigmoid().mul(b.tanh()).add(a.tanh()).sigmoid().mul(b.sigmoid())];
  }
}

/** The heart of a layer norm. */
function normalize(x: Tensor): Tensor {
  const centered = x.sub(x.mean(1, { keepDims: true }));
  return centered.div(centered.square().mean(1, { keepDims: true }).add(0.1).sqrt());
}
