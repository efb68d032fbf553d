import { valueAndGrad } from '@unroll/autograd';
import { layerNorm } from '@unroll/layers';
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
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecurrentCell, State } from '../cell.ts';
import { lossOf } from '../conformance/problem.ts';
import { stepByStep } from './step-by-step.ts';
import { traced } from './traced.ts';

const double = { dtype: 'float64' } as const;
const HIDDEN = 3;
const INPUT_SIZE = 2;
const SLOTS = 2;
const MEMORY_MASKS: readonly Tensor[] = [tensor([[1, 1]]), tensor([[1, 0]])];

type Pick = (count: number) => number;

/** A cell of random equations: each draw of `choices` picks an op, operands, or what becomes of the results. */
class RandomCell implements RecurrentCell {
  readonly inputSize: number = INPUT_SIZE;
  readonly outputSize: number;
  readonly batch: number;
  readonly choices: readonly number[];
  readonly parameters: Parameter[] = [];
  readonly rng: Rng;
  #used = 0;

  constructor(choices: readonly number[], batch: number) {
    this.choices = choices;
    this.batch = batch;
    this.rng = new Rng(choices[0]!);
    const [y] = this.step(zeros([batch, INPUT_SIZE], double), this.initialState(batch));
    this.outputSize = y.shape[1]!;
  }

  initialState(batch: number): State {
    const h = zeros([batch, HIDDEN], double);
    return [h, { a: h, b: [h] }, { m: zeros([batch, SLOTS, HIDDEN], double), h }][this.choices[1]! % 3]!;
  }

  /** The next of the cell's parameters, the same in each step. */
  parameter(...shape: readonly number[]): Tensor {
    const i = this.#used++;
    this.parameters[i] ??= new Parameter(this.rng.normal(shape, { std: 0.5, ...double }));
    return this.parameters[i].value;
  }

  step(x: Tensor, state: State): readonly [Tensor, State] {
    let at = 2;
    const pick: Pick = (count) => this.choices[at++ % this.choices.length]! % count;
    this.#used = 0;
    const leaves = tensorsOf(state).map((leaf) => (leaf.rank === 3 ? leaf.sum(1) : leaf));
    const pool = [...leaves, x.matmul(this.parameter(HIDDEN, INPUT_SIZE), { transposeB: true })];
    const any = (): Tensor => pool[pick(pool.length)]!;
    const ops = 3 + pick(7);
    for (let i = 0; i < ops; i++) pool.push(...this.apply(pick(OPS), any(), any(), x, pick));
    const recent = (): Tensor => pool[pool.length - 1 - pick(3)]!;
    let i = 0;
    const next = mapTensors(state, (leaf) => {
      const value = [recent().tanh(), recent().sigmoid().mul(leaves[i]!), leaves[i]!, leaves[0]!][pick(4)]!;
      i++;
      if (leaf.rank === 2) return value;
      return leaf.mul(0.5).add(value.expandDims(1).mul(this.parameter(SLOTS, 1)));
    });
    const first = tensorsOf(next)[0]!;
    const y = [
      () => recent(),
      () => (first.rank === 2 ? first : first.reshape([this.batch, SLOTS * HIDDEN])),
      () => recent().tanh().matmul(this.parameter(HIDDEN, 2)).add(this.parameter(2)),
      () => concat([recent(), x], 1),
      () => recent().mul(recent()),
      () => x,
      () => this.parameter(1, 2).broadcastTo([this.batch, 2]),
    ][pick(7)]!();
    return [y, next];
  }

  apply(op: number, a: Tensor, b: Tensor, x: Tensor, pick: Pick): readonly Tensor[] {
    const { batch } = this;
    const p = (...shape: readonly number[]): Tensor => this.parameter(...shape);
    switch (op) {
      case 0:
        return [a.add(b)];
      case 1:
        return [a.sub(b).mul(0.7)];
      case 2:
        return [a.tanh().mul(b.sigmoid())];
      case 3:
        return [a.mul(p(HIDDEN)).add(p(HIDDEN))];
      case 4:
        return [pick(2) === 0 ? a.tanh().matmul(p(HIDDEN, HIDDEN)) : a.matmul(p(HIDDEN, HIDDEN), { transposeB: true })];
      case 5:
        return concat([x, a.tanh()], 1)
          .matmul(p(INPUT_SIZE + HIDDEN, 2 * HIDDEN))
          .split(1, 2);
      case 6: {
        const sums = concat([a.sigmoid(), x, b.tanh()], 1).matmul(p(9, 2 * HIDDEN + INPUT_SIZE), { transposeB: true });
        const [u, v, w] = sums.add(p(9)).split(1, 3);
        return pick(2) === 0 ? [u.sigmoid().mul(v), w] : [v];
      }
      case 7:
        return [layerNorm(a, [HIDDEN], { weight: p(HIDDEN), bias: p(HIDDEN), epsilon: 0.1 })];
      case 8:
        return [a.mul(b.mean(1, { keepDims: true }).sigmoid())];
      case 9:
        return [a.neg().add(1).mul(b.tanh()).relu()];
      case 10:
        return [softmax(a).mul(b)];
      case 11: {
        // Attention over a memory [batch, slots, hidden], of which one slot may be masked.
        const memory = p(batch, SLOTS, HIDDEN);
        const scores = memory.matmul(a.tanh().reshape([batch, HIDDEN, 1])).squeeze(2);
        const weights = softmax(scores, { mask: MEMORY_MASKS[pick(2)]! });
        return [weights.expandDims(1).matmul(memory).squeeze(1)];
      }
      case 12: {
        // Additive attention: the memory meets the query by broadcasting.
        const scores = p(batch, SLOTS, HIDDEN).add(a.expandDims(1)).tanh().mul(p(HIDDEN)).sum(2);
        return [softmax(scores).matmul(p(SLOTS, HIDDEN))];
      }
      case 13:
        return [where(a.greater(b), a.mul(2), b), a.less(b).mul(a)];
      case 14:
        return [maximum(a, b.mul(0.3)), a.max(1, { keepDims: true }).mul(b)];
      case 15:
        return [a.sub(a.mean(0)).mul(p(HIDDEN))];
      case 16:
        return [p(HIDDEN, HIDDEN).gather(a.argmax(1)).add(a)];
      case 17:
        return [scatterAdd(a, b.argmax(1), HIDDEN).gather(a.argmax(1))];
      case 18:
        return [a.reverse(1).slice(1, 0, 2).pad(1, 1, 0), a.slice(1, 1, 1).mul(b)];
      case 19:
        return [a.detach().mul(b)];
      case 20:
        return [a.abs().add(1).log(), a.square().add(1).sqrt().add(a.erf()), a.tanh().exp()];
      case 21:
        return [a.mul(3).cast('int32').cast('float64').mul(b), b.div(a.square().add(1))];
      case 22:
        // An op on parameters alone, which runs for real.
        return [a.matmul(p(HIDDEN, HIDDEN).transpose().mul(0.5)), a.mul(p(1).mul(2))];
      case 23:
        // A product that mixes the examples of a batch.
        return [softmax(a.matmul(b, { transposeB: true })).matmul(a)];
      case 24:
        // A weight that each step makes.
        return [b.matmul(a.matmul(p(batch, HIDDEN), { transposeA: true }).tanh())];
      case 25:
        return [zeros([batch, HIDDEN], double).add(a), a.sub(zeros([HIDDEN], double))];
      case 26:
        return [a.transpose().matmul(p(batch, batch)).transpose().tanh()];
      case 27:
        return [x.tanh().mul(p(INPUT_SIZE)).matmul(p(INPUT_SIZE, HIDDEN)).sigmoid()];
      case 28:
        return [
          a
            .expandDims(1)
            .mul(b.expandDims(2))
            .tanh()
            .matmul(p(batch, HIDDEN, 1))
            .squeeze(2),
        ];
      case 29:
        return [x.sum(1, { keepDims: true }).mul(p(HIDDEN)), a.mul(x.slice(1, 0, 1))];
      default:
        return [p(HIDDEN, HIDDEN).matmul(a, { transposeB: true }).transpose()];
    }
  }
}
const OPS = 31;

const problem = fc.record({
  choices: fc.array(fc.nat(1 << 20), { minLength: 30, maxLength: 30 }),
  batch: fc.integer({ min: 1, max: 3 }),
  time: fc.constantFrom(1, 2, 3, 5),
  masked: fc.boolean(),
  loss: fc.constantFrom('ys', 'final', 'both'),
  wanted: fc.nat(),
  hoist: fc.boolean(),
  defer: fc.boolean(),
  recompute: fc.boolean(),
  fuse: fc.boolean(),
});

describe('a traced loop', () => {
  it('gives what step by step gives: outputs, final state, all gradients', () => {
    fc.assert(
      fc.property(problem, ({ choices, batch, time, masked, loss, wanted, hoist, defer, recompute, fuse }) => {
        const cell = new RandomCell(choices, batch);
        const rng = new Rng(choices[0]! + 1);
        const xs = new Parameter(rng.normal([batch, time, INPUT_SIZE], double));
        const leaves = tensorsOf(cell.initialState(batch)).map((leaf) => new Parameter(rng.normal(leaf.shape, double)));
        const mask = masked ? rng.bernoulli([batch, time], 0.6) : undefined;
        const initial = (): State => {
          let i = 0;
          return mapTensors(cell.initialState(batch), () => leaves[i++]!.value);
        };
        const parameters = [xs, ...leaves, ...cell.parameters].filter((_, i) => wanted % 3 === 0 || (wanted >> i) & 1);
        const runs = [
          () => traced(cell, xs.value, initial(), mask, { hoist, defer, recompute, fuse }),
          () => stepByStep(cell, xs.value, initial(), mask),
        ].map((run) => {
          const [ys, final] = run();
          const { grads } = valueAndGrad(() => {
            const [y, last] = run();
            if (loss === 'ys') return lossOf([y, y]);
            return loss === 'final' ? lossOf([tensorsOf(last)[0]!, last]) : lossOf([y, last]);
          }, parameters);
          return { ys, final, grads };
        });
        const [actual, expected] = runs as [(typeof runs)[0], (typeof runs)[0]];
        expectSame([actual.ys, ...tensorsOf(actual.final)], [expected.ys, ...tensorsOf(expected.final)], 'value');
        expectSame(actual.grads, expected.grads, 'gradient');
      }),
      { numRuns: Number(process.env['FUZZ'] ?? 300) },
    );
  }, 600_000);
});

function expectSame(actual: readonly Tensor[], expected: readonly Tensor[], what: string): void {
  for (const [i, leaf] of actual.entries()) {
    expect(leaf.shape).toEqual(expected[i]!.shape);
    const want = expected[i]!.dataSync();
    for (const [j, value] of leaf.dataSync().entries()) {
      const error = Math.abs(value - want[j]!) / Math.max(1, Math.abs(want[j]!));
      if (!(error <= 1e-9)) expect.fail(`${what} ${i}, element ${j}: ${value} instead of ${want[j]}`);
    }
  }
}
