import { Rng, type Tensor, castParameters, namedParameters, tensor, tensorsOf } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import type { RecurrentCell, State } from '../cell.ts';
import { CoupledLstmCell } from './coupled-lstm.ts';
import { IndRnnCell } from './ind-rnn.ts';
import { LayerNormGruCell } from './layer-norm-gru.ts';
import { LayerNormLstmCell } from './layer-norm-lstm.ts';
import { MinGruCell } from './min-gru.ts';
import { MinLstmCell } from './min-lstm.ts';
import { MinimalGatedCell } from './minimal-gated.ts';
import { PeepholeLstmCell } from './peephole-lstm.ts';
import { ProjectedLstmCell } from './projected-lstm.ts';
import { QrnnCell } from './qrnn.ts';
import { ResetBeforeGruCell } from './reset-before-gru.ts';
import { SruCell } from './sru.ts';

type Vector = readonly number[];

const [inputSize, hiddenSize] = [3, 4];
const sizes = { inputSize, hiddenSize, rng: new Rng(1) };
const units = Array.from({ length: hiddenSize }, (_, i) => i);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const random = (length: number): Vector => Array.from({ length }, () => sizes.rng.nextNormal());
const [x, before, h, c] = [random(inputSize), random(inputSize), random(hiddenSize), random(hiddenSize)] as const;

/** A cell whose parameters are all random, and its numbers by name. */
function numbersOf<Cell extends RecurrentCell>(cell: Cell) {
  const values = new Map<string, Vector>();
  for (const [name, parameter] of namedParameters(castParameters(cell, 'float64'))) {
    parameter.value = sizes.rng.normal(parameter.value.shape, { dtype: 'float64' });
    values.set(name, [...parameter.value.dataSync()]);
  }
  const vector = (name: string): Vector => values.get(name)!;
  /** Block `gate` of a product of a matrix by name, unit by unit. */
  const product =
    (name: string, gate: number, by: Vector): ((j: number) => number) =>
    (j) =>
      by.reduce((sum, value, k) => sum + value * vector(name)[(gate * hiddenSize + j) * by.length + k]!, 0);
  /** Entry `j` of block `gate` of a vector by name. */
  const entry = (name: string, gate: number, j: number): number => vector(name)[gate * hiddenSize + j]!;
  /** Of block `gate`: W_ih x + b_ih + W_hh h + b_hh. */
  const sum = (gate: number, j: number, hidden: Vector = h): number =>
    product('weight_ih', gate, x)(j) + entry('bias_ih', gate, j) + recurrent(gate, j, hidden);
  const recurrent = (gate: number, j: number, hidden: Vector): number =>
    product('weight_hh', gate, hidden)(j) + entry('bias_hh', gate, j);
  /** Of block `gate`: W_ih x + b_ih. */
  const input = (gate: number, j: number, by: Vector = x): number =>
    product('weight_ih', gate, by)(j) + entry('bias_ih', gate, j);
  /** LayerNorm by name of all blocks of a product. */
  const normed = (norm: string, values_: Vector): Vector => {
    const mean = values_.reduce((a, b) => a + b) / values_.length;
    const variance = values_.reduce((a, b) => a + (b - mean) ** 2, 0) / values_.length;
    const [weight, bias] = [vector(`${norm}.weight`), vector(`${norm}.bias`)];
    return values_.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-5)) * weight[i]! + bias[i]!);
  };
  const all = (name: string, by: Vector, gates: number): Vector =>
    Array.from({ length: gates * hiddenSize }, (_, i) => product(name, 0, by)(i));
  return { cell, vector, product, entry, sum, input, normed, all };
}

/** y and the leaves of the next state are these numbers. */
function expectStep(cell: RecurrentCell, state: State, y: Vector, next: readonly Vector[]): void {
  const [output, after] = cell.step(row(x), state);
  const actual = [output, ...tensorsOf(after)].map((value) => [...value.dataSync()]);
  for (const [i, expected] of [y, ...next].entries()) {
    expect(actual[i]).toHaveLength(expected.length);
    for (const [j, value] of expected.entries())
      expect(actual[i]![j], `value ${i}, element ${j}`).toBeCloseTo(value, 12);
  }
}

const row = (values: Vector): Tensor => tensor([[...values]], { dtype: 'float64' });

describe('one step is what the equations say, number by number', () => {
  it('PeepholeLstmCell', () => {
    const { cell, sum, entry } = numbersOf(new PeepholeLstmCell(sizes));
    const next = units.map((j) => {
      const i = sigmoid(sum(0, j) + entry('peephole', 0, j) * c[j]!);
      const f = sigmoid(sum(1, j) + entry('peephole', 1, j) * c[j]!);
      return f * c[j]! + i * Math.tanh(sum(2, j));
    });
    const y = units.map((j) => sigmoid(sum(3, j) + entry('peephole', 2, j) * next[j]!) * Math.tanh(next[j]!));
    expectStep(cell, { h: row(h), c: row(c) }, y, [y, next]);
  });

  it('CoupledLstmCell', () => {
    const { cell, sum } = numbersOf(new CoupledLstmCell(sizes));
    const next = units.map((j) => {
      const i = sigmoid(sum(0, j));
      return (1 - i) * c[j]! + i * Math.tanh(sum(1, j));
    });
    const y = units.map((j) => sigmoid(sum(2, j)) * Math.tanh(next[j]!));
    expectStep(cell, { h: row(h), c: row(c) }, y, [y, next]);
  });

  it('ProjectedLstmCell', () => {
    const { cell, sum, product } = numbersOf(new ProjectedLstmCell({ ...sizes, projectedSize: 2 }));
    const short = h.slice(0, 2);
    const next = units.map(
      (j) => sigmoid(sum(1, j, short)) * c[j]! + sigmoid(sum(0, j, short)) * Math.tanh(sum(2, j, short)),
    );
    const wide = units.map((j) => sigmoid(sum(3, j, short)) * Math.tanh(next[j]!));
    const y = [0, 1].map((j) => product('weight_hr', 0, wide)(j));
    expectStep(cell, { h: row(short), c: row(c) }, y, [y, next]);
  });

  it('LayerNormLstmCell', () => {
    const { cell, all, normed } = numbersOf(new LayerNormLstmCell(sizes));
    const fromX = normed('norm_ih', all('weight_ih', x, 4));
    const fromH = normed('norm_hh', all('weight_hh', h, 4));
    const sum = (gate: number, j: number): number => fromX[gate * hiddenSize + j]! + fromH[gate * hiddenSize + j]!;
    const next = units.map((j) => sigmoid(sum(1, j)) * c[j]! + sigmoid(sum(0, j)) * Math.tanh(sum(2, j)));
    const memory = normed('norm_c', next);
    const y = units.map((j) => sigmoid(sum(3, j)) * Math.tanh(memory[j]!));
    expectStep(cell, { h: row(h), c: row(c) }, y, [y, next]);
  });

  it('LayerNormGruCell', () => {
    const { cell, all, normed } = numbersOf(new LayerNormGruCell(sizes));
    const fromX = normed('norm_ih', all('weight_ih', x, 3));
    const fromH = normed('norm_hh', all('weight_hh', h, 3));
    const y = units.map((j) => {
      const [r, z] = [0, 1].map((gate) => sigmoid(fromX[gate * hiddenSize + j]! + fromH[gate * hiddenSize + j]!));
      const n = Math.tanh(fromX[2 * hiddenSize + j]! + r! * fromH[2 * hiddenSize + j]!);
      return (1 - z!) * n + z! * h[j]!;
    });
    expectStep(cell, row(h), y, [y]);
  });

  it('ResetBeforeGruCell', () => {
    const { cell, sum } = numbersOf(new ResetBeforeGruCell(sizes));
    const reset = units.map((j) => sigmoid(sum(0, j)) * h[j]!);
    const y = units.map((j) => {
      const z = sigmoid(sum(1, j));
      return (1 - z) * Math.tanh(sum(2, j, reset)) + z * h[j]!;
    });
    expectStep(cell, row(h), y, [y]);
  });

  it('MinimalGatedCell', () => {
    const { cell, sum } = numbersOf(new MinimalGatedCell(sizes));
    const f = units.map((j) => sigmoid(sum(0, j)));
    const forgotten = units.map((j) => f[j]! * h[j]!);
    const y = units.map((j) => (1 - f[j]!) * h[j]! + f[j]! * Math.tanh(sum(1, j, forgotten)));
    expectStep(cell, row(h), y, [y]);
  });

  it('IndRnnCell', () => {
    const { cell, input, vector } = numbersOf(new IndRnnCell(sizes));
    const y = units.map((j) => Math.max(0, input(0, j) + vector('weight_hh')[j]! * h[j]!));
    expectStep(cell, row(h), y, [y]);
  });

  it.each([3, 4])('SruCell with %i inputs', (inputs) => {
    const { cell, input, entry } = numbersOf(new SruCell({ ...sizes, inputSize: inputs }));
    const wide = [...x, 0.7].slice(0, inputs);
    const next = units.map((j) => {
      const f = sigmoid(input(0, j, wide) + entry('weight_c', 0, j) * c[j]!);
      return f * c[j]! + (1 - f) * input(1, j, wide);
    });
    const y = units.map((j) => {
      const r = sigmoid(input(2, j, wide) + entry('weight_c', 1, j) * c[j]!);
      return r * next[j]! + (1 - r) * (inputs === hiddenSize ? wide[j]! : input(3, j, wide));
    });
    const [output, after] = cell.step(row(wide), row(c));
    for (const j of units) {
      expect(output.dataSync()[j]).toBeCloseTo(y[j]!, 12);
      expect(after.dataSync()[j]).toBeCloseTo(next[j]!, 12);
    }
  });

  it('QrnnCell', () => {
    const { cell, input } = numbersOf(new QrnnCell(sizes));
    const window = [...before, ...x];
    const next = units.map((j) => {
      const f = sigmoid(input(1, j, window));
      return f * c[j]! + (1 - f) * Math.tanh(input(0, j, window));
    });
    const y = units.map((j) => sigmoid(input(2, j, window)) * next[j]!);
    expectStep(cell, { c: row(c), x: row(before) }, y, [next, x]);
  });

  it('MinGruCell', () => {
    const { cell, input } = numbersOf(new MinGruCell(sizes));
    const y = units.map((j) => {
      const z = sigmoid(input(0, j));
      return (1 - z) * h[j]! + z * input(1, j);
    });
    expectStep(cell, row(h), y, [y]);
  });

  it('MinLstmCell', () => {
    const { cell, input } = numbersOf(new MinLstmCell(sizes));
    const y = units.map((j) => {
      const [f, i] = [sigmoid(input(0, j)), sigmoid(input(1, j))];
      return (f * h[j]! + i * input(2, j)) / (f + i);
    });
    expectStep(cell, row(h), y, [y]);
  });
});
