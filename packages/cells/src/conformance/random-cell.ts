import {
  Parameter,
  Rng,
  type Tensor,
  concat,
  mapTensors,
  maximum,
  scatterAdd,
  softmax,
  tensor,
  tensorsOf,
  where,
  zeros,
} from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';

export interface Sizes {
  readonly batch: number;
  readonly inputSize: number;
  readonly hidden: number;
}

/** The heart of a layer norm. */
function normalize(x: Tensor): Tensor {
  const centered = x.sub(x.mean(1, { keepDims: true }));
  return centered.div(centered.square().mean(1, { keepDims: true }).add(0.1).sqrt());
}

/** Places of what attentions look at. */
const SLOTS = 3;

/** A cell of random equations that a loop can hold: each draw of `choices` picks an op or an operand. */
export class RandomCell implements RecurrentCell {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly sizes: Sizes;
  readonly choices: readonly number[];
  readonly parameters: Parameter[] = [];
  readonly rng: Rng;
  /** Of the places that an attention looks at. */
  readonly mask: Tensor = tensor([[1, 1, 0]]);
  #used = 0;

  constructor(choices: readonly number[], sizes: Sizes) {
    this.inputSize = sizes.inputSize;
    this.sizes = sizes;
    this.choices = choices;
    this.rng = new Rng(choices[0]!);
    const [y] = this.step(zeros([sizes.batch, sizes.inputSize]), this.initialState(sizes.batch));
    this.outputSize = y.shape[1]!;
  }

  initialState(batch: number): State {
    const h = zeros([batch, this.sizes.hidden]);
    return [h, [h, h], { a: h, b: h, c: h }][this.choices[1]! % 3]!;
  }

  parameter(...shape: readonly number[]): Tensor {
    const i = this.#used++;
    this.parameters[i] ??= new Parameter(this.rng.normal(shape, { std: 0.5 }));
    return this.parameters[i].value;
  }

  step(x: Tensor, state: State): readonly [Tensor, State] {
    let at = 2;
    const pick = (count: number): number => this.choices[at++ % this.choices.length]! % count;
    this.#used = 0;
    const { hidden, inputSize } = this.sizes;
    const leaves = tensorsOf(state);
    const pool = [...leaves, x.matmul(this.parameter(hidden, inputSize), { transposeB: true })];
    const any = (): Tensor => pool[pick(pool.length)]!;
    const ops = 3 + pick(8);
    for (let i = 0; i < ops; i++) pool.push(...this.apply(pick(OPS), any(), any(), x, pick));
    const recent = (): Tensor => pool[pool.length - 1 - pick(4)]!;
    let i = 0;
    const next = mapTensors(state, (leaf) => {
      const value = [
        () => recent().tanh(),
        () => recent().sigmoid().mul(leaf),
        () => leaf,
        // A state that is another one, a step later.
        () => leaves[(i + 1) % leaves.length]!,
        () => concat([x, recent().tanh()], 1).slice(1, inputSize, hidden),
        () => this.parameter(this.sizes.batch, hidden),
      ][pick(6)]!();
      i++;
      return value;
    });
    const y = [
      () => recent(),
      () => tensorsOf(next)[0]!,
      () => recent().tanh().matmul(this.parameter(hidden, 2)).add(this.parameter(2)),
      () => concat([recent(), x], 1),
      () => leaves[0]!,
    ][pick(5)]!();
    return [y, next];
  }

  apply(op: number, a: Tensor, b: Tensor, x: Tensor, pick: (count: number) => number): readonly Tensor[] {
    const { batch, inputSize, hidden } = this.sizes;
    const p = (...shape: readonly number[]): Tensor => this.parameter(...shape);
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
        return [a.abs().add(1).log(), a.square().add(1).sqrt(), a.tanh().exp(), a.tanh().erf()];
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
        const weights = softmax(scores, pick(2) === 0 ? {} : { mask: this.mask });
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
        return [a.mul(3).cast('int32').cast('float32').mul(b.tanh())];
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
        return [zeros([batch, hidden]).add(a), a.pad(0, 1, 0).slice(0, 0, batch).tanh()];
      default:
        return [x.tanh().mul(p(inputSize)).matmul(p(inputSize, hidden)).sigmoid()];
    }
  }
}
const OPS = 37;
