import {
  GruCell,
  LstmCell,
  PeepholeLstmCell,
  type RecurrentCell,
  ResetBeforeGruCell,
  VanillaCell,
  scan,
} from '@unroll/cells';
import { Rng, castParameters, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { loadStateDict } from '../load-state-dict.ts';
import type { StateDict } from '../state-dict.ts';
import { type Weights, reorderGates } from './gates.ts';
import { kerasGruWeights, kerasLstmWeights, kerasSimpleRnnWeights } from './keras.ts';
import { onnxGruWeights, onnxLstmWeights, onnxRnnWeights } from './onnx.ts';

const [inputSize, hiddenSize, batch, time] = [3, 4, 2, 5];
const lengths = [3, 5];
const rng = new Rng(1);
const random = (...shape: number[]): Weights => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b) }, () => rng.nextNormal()),
});
const xs = Array.from({ length: batch }, () =>
  Array.from({ length: time }, () => Array.from({ length: inputSize }, () => rng.nextNormal())),
);

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const units = Array.from({ length: hiddenSize }, (_, i) => i);

/** A matrix of another program, as a product with a vector: gate by its name there, unit by its position. */
type Product = (gate: string, unit: number, x: readonly number[]) => number;
/** A vector, in the same way. */
type Entry = (gate: string, unit: number) => number;

/** Rows are gates · hidden: ONNX. */
const rowsOf =
  ({ shape, data }: Weights, gates: string, direction: number): Product =>
  (gate, unit, x) => {
    const [, rows, columns] = shape as [number, number, number];
    const row = direction * rows + gates.indexOf(gate) * hiddenSize + unit;
    return x.reduce((sum, value, k) => sum + value * data[row * columns + k]!, 0);
  };

/** Columns are gates · hidden: Keras. */
const columnsOf =
  ({ shape, data }: Weights, gates: string): Product =>
  (gate, unit, x) =>
    x.reduce((sum, value, k) => sum + value * data[k * shape[1]! + gates.indexOf(gate) * hiddenSize + unit]!, 0);

const entriesOf =
  ({ data }: Weights, gates: string, start = 0): Entry =>
  (gate, unit) =>
    data[start + gates.indexOf(gate) * hiddenSize + unit]!;

interface Parts {
  readonly W: Product;
  readonly R: Product;
  readonly b: Entry;
  readonly rb: Entry;
  readonly p?: Entry;
}

type Step = (x: readonly number[], h: readonly number[], c: readonly number[]) => readonly [h: number[], c: number[]];

/** The equations of the other programs, in their letters, number by number. */
const lstm =
  ({ W, R, b, rb, p = () => 0 }: Parts): Step =>
  (x, h, c) => {
    const sum = (gate: string, j: number): number => W(gate, j, x) + R(gate, j, h) + b(gate, j) + rb(gate, j);
    const next = units.map((j) => {
      const i = sigmoid(sum('i', j) + p('i', j) * c[j]!);
      const f = sigmoid(sum('f', j) + p('f', j) * c[j]!);
      return f * c[j]! + i * Math.tanh(sum('c', j));
    });
    return [units.map((j) => sigmoid(sum('o', j) + p('o', j) * next[j]!) * Math.tanh(next[j]!)), next];
  };
const gru =
  ({ W, R, b, rb }: Parts, { resetAfter }: { resetAfter: boolean }): Step =>
  (x, h, c) => {
    const gate = (name: string, j: number): number => sigmoid(W(name, j, x) + R(name, j, h) + b(name, j) + rb(name, j));
    const r = units.map((j) => gate('r', j));
    const reset = h.map((value, j) => r[j]! * value);
    const next = units.map((j) => {
      const product = resetAfter ? r[j]! * (R('h', j, h) + rb('h', j)) : R('h', j, reset) + rb('h', j);
      const candidate = Math.tanh(W('h', j, x) + b('h', j) + product);
      const z = gate('z', j);
      return (1 - z) * candidate + z * h[j]!;
    });
    return [next, [...c]];
  };
const rnn =
  ({ W, R, b, rb }: Parts): Step =>
  (x, h, c) => [units.map((j) => Math.tanh(W('h', j, x) + R('h', j, h) + b('h', j) + rb('h', j))), [...c]];

/** The cell with these weights gives the outputs of the equations, for sequences shorter than the batch too. */
function expectEqual(cell: RecurrentCell, state: StateDict, step: Step): void {
  loadStateDict(castParameters(cell, 'float64'), state);
  const mask = tensor(lengths.map((length) => Array.from({ length: time }, (_, t) => (t < length ? 1 : 0))));
  const [ys] = scan(cell, tensor(xs, { dtype: 'float64' }), { mask });
  const actual = ys.dataSync();
  for (const [n, length] of lengths.entries()) {
    let h: readonly number[] = units.map(() => 0);
    let c = h;
    for (let t = 0; t < length; t++) {
      [h, c] = step(xs[n]![t]!, h, c);
      for (const j of units) expect(actual[(n * time + t) * hiddenSize + j]).toBeCloseTo(h[j]!, 12);
    }
  }
}

const sizes = { inputSize, hiddenSize, rng };
const oneBias = { ...sizes, bias: { hh: false } };
const none: Entry = () => 0;

describe('weights in the order of ONNX, all different, in both directions', () => {
  const weights = (gates: number) => ({
    W: random(2, gates * hiddenSize, inputSize),
    R: random(2, gates * hiddenSize, hiddenSize),
    B: random(2, 2 * gates * hiddenSize),
    P: random(2, 3 * hiddenSize),
  });
  const partsOf = ({ W, R, B, P }: ReturnType<typeof weights>, gates: string, direction: number): Parts => {
    const block = gates.length * hiddenSize;
    return {
      W: rowsOf(W, gates, direction),
      R: rowsOf(R, gates, direction),
      b: entriesOf(B, gates, 2 * direction * block),
      rb: entriesOf(B, gates, (2 * direction + 1) * block),
      p: entriesOf(P, 'iof', 3 * direction * hiddenSize),
    };
  };

  it.each([0, 1])('direction %i', (direction) => {
    const four = weights(4);
    expectEqual(
      new PeepholeLstmCell(sizes),
      onnxLstmWeights(four, { direction }),
      lstm(partsOf(four, 'iofc', direction)),
    );
    const { p: _, ...parts } = partsOf(four, 'iofc', direction);
    const { P: __, ...plain } = four;
    expectEqual(new LstmCell(sizes), onnxLstmWeights(plain, { direction }), lstm(parts));
    const three = weights(3);
    const ofGru = partsOf(three, 'zrh', direction);
    expectEqual(new ResetBeforeGruCell(sizes), onnxGruWeights(three, { direction }), gru(ofGru, { resetAfter: false }));
    expectEqual(new GruCell(sizes), onnxGruWeights(three, { direction }), gru(ofGru, { resetAfter: true }));
    const one = weights(1);
    expectEqual(new VanillaCell(sizes), onnxRnnWeights(one, { direction }), rnn(partsOf(one, 'h', direction)));
  });

  it('what does not fit is named', () => {
    const four = weights(4);
    expect(() => onnxGruWeights(four)).toThrow('onnxGruWeights: W is [2, 16, 3]');
    expect(() => onnxLstmWeights(four, { direction: 2 })).toThrow('direction 2');
    expect(() => onnxLstmWeights({ ...four, R: four.W })).toThrow('onnxLstmWeights');
    expect(() => onnxLstmWeights({ ...four, B: random(2, 3) })).toThrow(
      'B is [2, 3] with 6 numbers; it should be [2, 32]',
    );
  });
});

describe('weights in the order of Keras, all different', () => {
  const weights = (gates: number, ...biasShape: number[]) => ({
    kernel: random(inputSize, gates * hiddenSize),
    recurrentKernel: random(hiddenSize, gates * hiddenSize),
    bias: random(...biasShape),
  });
  const partsOf = ({ kernel, recurrentKernel, bias }: ReturnType<typeof weights>, gates: string): Parts => ({
    W: columnsOf(kernel, gates),
    R: columnsOf(recurrentKernel, gates),
    b: entriesOf(bias, gates),
    rb: bias.shape.length === 2 ? entriesOf(bias, gates, gates.length * hiddenSize) : none,
  });

  it('SimpleRNN, LSTM, GRU with the reset gate before and after the product', () => {
    const one = weights(1, hiddenSize);
    expectEqual(new VanillaCell(oneBias), kerasSimpleRnnWeights(one), rnn(partsOf(one, 'h')));
    const four = weights(4, 4 * hiddenSize);
    expectEqual(new LstmCell(oneBias), kerasLstmWeights(four), lstm(partsOf(four, 'ifco')));
    const before = weights(3, 3 * hiddenSize);
    const after = weights(3, 2, 3 * hiddenSize);
    expectEqual(
      new ResetBeforeGruCell(oneBias),
      kerasGruWeights(before),
      gru(partsOf(before, 'zrh'), { resetAfter: false }),
    );
    expectEqual(new GruCell(sizes), kerasGruWeights(after), gru(partsOf(after, 'zrh'), { resetAfter: true }));
  });

  it('what does not fit is named', () => {
    const four = weights(4, 4 * hiddenSize);
    expect(() => kerasGruWeights(four)).toThrow('kerasGruWeights: kernel is [3, 16]');
    expect(() => kerasLstmWeights({ ...four, recurrentKernel: four.kernel })).toThrow('recurrentKernel is [3, 16]');
    expect(() => kerasLstmWeights({ ...four, bias: random(2, 16) })).toThrow('bias is [2, 16]');
    expect(() => reorderGates(random(5, 2), [1, 0])).toThrow('does not divide into 2 gates');
  });
});
