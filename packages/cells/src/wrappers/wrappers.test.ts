import { LayerNorm, Linear, linear } from '@unroll/layers';
import { Rng, type Tensor, concat, namedParameters, ones, tensor, unstack, withProbes, zeros } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import type { RecurrentCell } from '../cell.ts';
import { drawCell } from '../draw.ts';
import { GruCell } from '../gru.ts';
import { LstmCell, type LstmState } from '../lstm.ts';
import { scan } from '../scan/scan.ts';
import { StackedCells } from '../stacked-cells.ts';
import { Highway } from './highway.ts';
import { LayerNormed } from './layer-normed.ts';
import { LockedDropout } from './locked-dropout.ts';
import { Projected } from './projected.ts';
import { Reset, withResets } from './reset.ts';
import { Residual } from './residual.ts';
import { WeightDrop } from './weight-drop.ts';
import { Zoneout } from './zoneout.ts';

const lstm = (): LstmCell => new LstmCell({ inputSize: 4, hiddenSize: 4, rng: new Rng(1) });
const xs = new Rng(2).normal([2, 5, 4]);

/** y = x and s′ = s + x: shows what a wrapper does with either. */
const adder = (size: number): RecurrentCell<Tensor> => ({
  inputSize: size,
  outputSize: size,
  initialState: (batch) => zeros([batch, size]),
  step: (x, s) => [x.add(0), s.add(x)],
});

const numbers = (value: Tensor): readonly number[] => [...value.dataSync()];

describe('without an rng', () => {
  it('dropout of any kind leaves a cell as it is', () => {
    const cell = lstm();
    const plain = numbers(scan(cell, xs)[0]);
    for (const wrapped of [
      new LockedDropout({ cell, input: 0.5, output: 0.5, state: 0.5 }),
      new WeightDrop({ cell, rate: 0.5 }),
      new Zoneout({ cell, rate: 0 }),
    ]) {
      expect(numbers(scan(wrapped, xs)[0])).toEqual(plain);
    }
  });

  it('zoneout mixes old and new state by its rates, and y with it', () => {
    const cell = lstm();
    const state = { h: ones([2, 4]), c: ones([2, 4]).mul(2) };
    const x = unstack(xs, 1)[0]!;
    const [, next] = cell.step(x, state);
    const [y, mixed] = new Zoneout({ cell, rate: { h: 0.25 } }).step(x, state);
    const expected = numbers(state.h.mul(0.25).add(next.h.mul(0.75)));
    for (const [i, value] of numbers(mixed.h).entries()) expect(value).toBeCloseTo(expected[i]!, 6);
    expect(numbers(y)).toEqual(numbers(mixed.h));
    expect(numbers(mixed.c)).toEqual(numbers(next.c));
  });
});

describe('with an rng', () => {
  it('locked dropout drops the same features at all steps, others in each sequence of the batch', () => {
    const size = 64;
    const cell = new LockedDropout({ cell: adder(size), output: 0.5 });
    const [ys] = scan(cell, ones([2, 3, size]), { rng: new Rng(1) });
    const [first, second] = unstack(ys, 0);
    const steps = unstack(first!, 0).map(numbers);
    expect(new Set(steps[0])).toEqual(new Set([0, 2]));
    expect(steps[1]).toEqual(steps[0]);
    expect(steps[2]).toEqual(steps[0]);
    expect(numbers(second!)).not.toEqual(numbers(first!));
  });

  it('locked dropout drops outputs and state of a cell that reads tokens, and says that tokens themselves cannot be', () => {
    const inside = new LstmCell({ inputSize: 4, hiddenSize: 4, rng: new Rng(1) });
    const table = new Rng(2).normal([3, 4]);
    const reader: RecurrentCell<LstmState> & { readonly inside: LstmCell } = {
      inside,
      inputSize: 1,
      outputSize: 4,
      initialState: (batch) => inside.initialState(batch),
      step: (tokens, state) => inside.step(table.gather(tokens.squeeze(1)), state),
    };
    const tokens = tensor([[[0], [1], [2]]], { dtype: 'int32' });
    const run = (rates: { readonly input?: number; readonly output?: number; readonly state?: number }) =>
      scan(new LockedDropout({ cell: reader, ...rates }), tokens, { rng: new Rng(3) });
    const plain = numbers(scan(reader, tokens)[0]);
    for (const [i, y] of numbers(run({ output: 0.5 })[0]).entries()) expect([0, 2 * plain[i]!]).toContain(y);
    const [first, ...later] = unstack(run({ state: 0.5 })[0].squeeze(0), 0).map(numbers);
    expect(first).toEqual(plain.slice(0, 4));
    expect(later.flat()).not.toEqual(plain.slice(4));
    expect(() => run({ input: 0.5 })).toThrow('Tokens cannot be dropped');
  });

  it('locked dropout of the state spares the memory c, unless told', () => {
    const cell = lstm();
    const x = unstack(xs, 1)[0]!;
    const state = { h: ones([2, 4]), c: ones([2, 4]) };
    const seen: Record<string, Tensor> = {};
    const watched: RecurrentCell<typeof state> = {
      inputSize: 4,
      outputSize: 4,
      initialState: (batch) => cell.initialState(batch),
      step: (input, s) => (Object.assign(seen, s), cell.step(input, s)),
    };
    const draw = { rng: new Rng(1), batch: 2, like: x };
    drawCell(new LockedDropout({ cell: watched, state: 0.5 }), draw).step(x, state);
    expect(new Set(numbers(seen['h']!))).toEqual(new Set([0, 2]));
    expect(new Set(numbers(seen['c']!))).toEqual(new Set([1]));
    drawCell(new LockedDropout({ cell: watched, state: 0.5, dropsLeaf: () => true }), draw).step(x, state);
    expect(new Set(numbers(seen['c']!))).toEqual(new Set([0, 2]));
  });

  it('zoneout keeps old elements with its rate, others at each step, in scan and in a loop of one’s own', () => {
    const size = 4000;
    const cell = new Zoneout({ cell: adder(size), rate: 0.3 });
    const [, final] = scan(cell, ones([1, 2, size]), { rng: new Rng(1) });
    const counts = [0, 1, 2].map((n) => numbers(final).filter((value) => value === n).length / size);
    expect(counts[0]).toBeCloseTo(0.09, 1);
    expect(counts[1]).toBeCloseTo(0.42, 1);
    expect(counts[2]).toBeCloseTo(0.49, 1);
    const x = ones([1, size]);
    const drawn = drawCell(cell, { rng: new Rng(2), batch: 1, like: x });
    let state = drawn.initialState(1);
    for (let t = 0; t < 2; t++) state = drawn.step(x, state)[1];
    expect(numbers(state).filter((value) => value === 1).length / size).toBeCloseTo(0.42, 1);
  });

  it('weight drop thins the recurrent matrix of any cell, at any depth, once for all steps', () => {
    const rng = new Rng(1);
    const matrix = (): GruCell => new GruCell({ inputSize: 20, hiddenSize: 20, rng });
    const stack = new StackedCells({ cells: [matrix(), new Residual({ cell: matrix() })] });
    const before = namedParameters(stack).map(([, parameter]) => numbers(parameter.value));
    const zerosIn: number[] = [];
    const watched = {
      stack,
      inputSize: 20,
      outputSize: 20,
      initialState: (batch: number) => stack.initialState(batch),
      step: (...args: Parameters<typeof stack.step>) => {
        for (const [name, { value }] of namedParameters(stack)) {
          const dropped = numbers(value).filter((weight) => weight === 0).length / value.size;
          if (name.endsWith('weight_hh')) zerosIn.push(dropped);
          else expect(dropped).toBe(0);
        }
        return stack.step(...args);
      },
    };
    scan(new WeightDrop({ cell: watched, rate: 0.5 }), zeros([2, 3, 20]), { rng: new Rng(3) });
    expect(zerosIn).toHaveLength(6);
    for (const share of zerosIn) expect(share).toBeCloseTo(0.5, 1);
    expect(zerosIn.slice(2, 4)).toEqual(zerosIn.slice(0, 2));
    expect(namedParameters(stack).map(([, parameter]) => numbers(parameter.value))).toEqual(before);
  });

  it('equal seeds draw equal noise, and others other noise', () => {
    const cell = new Zoneout({ cell: new LockedDropout({ cell: lstm(), input: 0.5 }), rate: 0.5 });
    const run = (seed: number): readonly number[] => numbers(scan(cell, xs, { rng: new Rng(seed) })[0]);
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });
});

describe('wrappers without noise', () => {
  it('Reset gives each sequence in a row what it gives alone', () => {
    const cell = lstm();
    const [a, b] = xs.slice(0, 0, 1).split(1, [2, 3]);
    const [ys] = scan(new Reset({ cell }), withResets(concat([a, b], 1), tensor([[0, 0, 1, 0, 0]])));
    const alone = concat([scan(cell, a)[0], scan(cell, b)[0]], 1);
    expect(numbers(ys)).toEqual(numbers(alone));
  });

  it('Residual, Highway, LayerNormed and Projected are what their equations say', () => {
    const cell = lstm();
    const x = unstack(xs, 1)[0]!;
    const state = cell.initialState(2);
    const [y] = cell.step(x, state);
    expect(numbers(new Residual({ cell }).step(x, state)[0])).toEqual(numbers(x.add(y)));
    const highway = new Highway({ cell, rng: new Rng(1), gateBias: -2 });
    let gate: Tensor | undefined;
    const [mixed] = withProbes(
      (name, value) => {
        if (name === 't') gate = value;
      },
      () => highway.step(x, state),
    );
    expect(numbers(gate!)).toEqual(numbers(linear(x, highway.gate.weight).sub(2).sigmoid()));
    const want = numbers(gate!.mul(y).add(gate!.neg().add(1).mul(x)));
    for (const [i, value] of numbers(mixed).entries()) expect(value).toBeCloseTo(want[i]!, 6);
    const norm = new LayerNorm({ size: 4 });
    expect(numbers(new LayerNormed({ cell }).step(x, state)[0])).toEqual(numbers(norm.forward(y)));
    const pre = new LayerNormed({ cell, input: norm });
    expect(numbers(pre.step(x, state)[0])).toEqual(numbers(cell.step(norm.forward(x), state)[0]));
    const output = new Linear({ inputSize: 4, outputSize: 2, rng: new Rng(1) });
    const projected = new Projected({ cell, output });
    expect(projected.outputSize).toBe(2);
    expect(numbers(projected.step(x, state)[0])).toEqual(numbers(output.forward(y)));
  });

  it('the parameters inside keep their names under `cell`', () => {
    const names = namedParameters(new Residual({ cell: new Zoneout({ cell: lstm(), rate: 0.1 }) })).map(
      ([name]) => name,
    );
    expect(names).toContain('cell.cell.weight_hh');
  });

  it('what does not fit is refused with a remedy', () => {
    const cell = new LstmCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) });
    expect(() => new Residual({ cell })).toThrow('Residual: the cell takes 3 features and gives 4');
    expect(() => new Highway({ cell, rng: new Rng(1) })).toThrow('Highway: the cell takes 3 features and gives 4');
    expect(() => new Zoneout({ cell, rate: 1 })).toThrow('Zoneout: the rate of state is 1');
    expect(() => new Zoneout({ cell: lstm(), rate: { h: 0.1, hidden: 0.1 } })).toThrow(
      'Zoneout: the state has no part "hidden"; it has "h", "c".',
    );
    const gru = new GruCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) });
    expect(() => new Zoneout({ cell: gru, rate: { h: 0.1 } })).toThrow(
      'no part "h"; it is one tensor. Give one number',
    );
    expect(() => new LockedDropout({ cell, input: -1 })).toThrow('the rate of the input is -1');
    expect(() => new WeightDrop({ cell, rate: 0.5, drops: () => false })).toThrow(
      "none of the cell's parameters is chosen (weight_ih, weight_hh, bias_ih, bias_hh)",
    );
    const input = new Linear({ inputSize: 2, outputSize: 2, rng: new Rng(1) });
    expect(() => new Projected({ cell, input })).toThrow('the input map gives 2 features, the cell takes 3');
    expect(() => withResets(zeros([2, 3, 1]), zeros([3, 2]))).toThrow('xs [2, 3, 1] and resets [3, 2]');
  });
});
