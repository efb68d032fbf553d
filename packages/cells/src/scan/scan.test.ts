import { Rng, type Tensor, ones, tensor, withProbes, zeros } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import type { RecurrentCell } from '../cell.ts';
import { LstmCell, type LstmState } from '../lstm.ts';
import { Stream } from '../stream/stream.ts';
import { scan } from './scan.ts';

/** Adds up its inputs: y = s′ = s + x. */
const adder: RecurrentCell<Tensor> = {
  inputSize: 1,
  outputSize: 1,
  initialState: (batch) => zeros([batch, 1]),
  step: (x, s) => [s.add(x), s.add(x)],
};

describe('scan', () => {
  it('carries the state along time', () => {
    const [ys, final] = scan(adder, tensor([[[1], [2], [3]]]));
    expect([...ys.dataSync()]).toEqual([1, 3, 6]);
    expect(final.item()).toBe(6);
  });

  it('keeps the state and outputs 0 where the mask is 0', () => {
    const [ys, final] = scan(adder, tensor([[[1], [2], [3]]]), { mask: tensor([[1, 0, 1]]) });
    expect([...ys.dataSync()]).toEqual([1, 0, 4]);
    expect(final.item()).toBe(4);
  });

  it('gives no outputs and the initial state for no steps', () => {
    const state = tensor([[5], [6]]);
    const [ys, final] = scan(adder, zeros([2, 0, 1]), { state });
    expect(ys.shape).toEqual([2, 0, 1]);
    expect([...final.dataSync()]).toEqual([5, 6]);
  });

  it('casts the initial state to the dtype of its input', () => {
    expect(scan(adder, ones([1, 2, 1], { dtype: 'float64' }))[1].dtype).toBe('float64');
  });

  it('a cell that reads indices has the state of its numbers: looking them up inside gives what looking them up before gives', () => {
    const rng = new Rng(1);
    const table = rng.normal([5, 3]);
    const inner = new LstmCell({ inputSize: 3, hiddenSize: 2, rng });
    const cell: RecurrentCell<LstmState> = {
      inputSize: 1,
      outputSize: 2,
      initialState: (batch) => inner.initialState(batch),
      step: (x, state) => inner.step(table.gather(x.squeeze(1)), state),
    };
    const tokens = tensor(
      [
        [3, 1, 4],
        [1, 0, 2],
      ],
      { dtype: 'int32' },
    );
    const mask = tensor([
      [1, 1, 1],
      [1, 1, 0],
    ]);
    const state = { h: rng.normal([2, 2]), c: rng.normal([2, 2]) };
    for (const options of [{}, { mask }, { state }, { state, mask }]) {
      const [ys, final] = scan(cell, tokens.expandDims(2), options);
      const [expected, expectedFinal] = scan(inner, table.gather(tokens), options);
      expect(final.c.dtype).toBe('float32');
      expect(ys.sub(expected).abs().max().item()).toBeLessThan(1e-6);
      expect(final.c.sub(expectedFinal.c).abs().max().item()).toBeLessThan(1e-6);
    }
  });

  it('lets probes see the gates, step by step', () => {
    const names: string[] = [];
    const cell = new LstmCell({ inputSize: 1, hiddenSize: 2, rng: new Rng(1) });
    withProbes(
      (name) => names.push(name),
      () => scan(cell, ones([1, 2, 1])),
    );
    expect(names.join(' ')).toBe('i f g o c h i f g o c h');
  });

  it('says what does not fit', () => {
    expect(() => scan(adder, ones([2, 1]))).toThrow(
      'xs is [2, 1]; the cell wants [batch, time, 1]. For one sequence use xs.expandDims(0)',
    );
    expect(() => scan(adder, ones([2, 3, 4]))).toThrow('the cell wants [batch, time, 1]');
    expect(() => scan(adder, ones([2, 3, 1]), { mask: ones([3, 2]) })).toThrow(
      'the mask is [3, 2]; for xs [2, 3, 1] it must be [2, 3]',
    );
    expect(() => scan(adder, ones([2, 3, 1]), { state: ones([1, 1]) })).toThrow(
      'the state is [1, 1]; it should be [2, 1]',
    );
    const cell = new LstmCell({ inputSize: 1, hiddenSize: 2, rng: new Rng(1) });
    const h = ones([1, 2]);
    expect(() => scan(cell, ones([1, 3, 1]), { state: { h, c: ones([1, 3]) } })).toThrow(
      'state.c is [1, 3]; it should be [1, 2]',
    );
  });

  it('says what a cell returned that it should not', () => {
    const wide: RecurrentCell<Tensor> = { ...adder, outputSize: 2 };
    expect(() => scan(wide, ones([1, 3, 1]))).toThrow('step returned y [1, 1]; by its outputSize it should be [1, 2]');
    const growing: RecurrentCell<Tensor> = { ...adder, step: (x, s) => [x, s.pad(1, 0, 1)] };
    expect(() => scan(growing, ones([1, 3, 1]))).toThrow(
      "the cell's step returned: the state is [1, 2]; it should be [1, 1]",
    );
  });

  it.each<[what: string, step: (x: Tensor, s: Tensor) => unknown]>([
    ['a tensor for a pair', (x) => x],
    ['a promise', async (x, s) => [x, s]],
    ['y alone', (x) => [x]],
    ['nothing', () => undefined],
    ['a number for y', (_, s) => [1, s]],
  ])('says that a step of plain JavaScript returned %s', (_, step) => {
    const cell = { ...adder, step };
    const message =
      /^scan: (the cell's step returned .*; it must return \[y, next state\]|what the cell's step returned: y is 1, no tensor)/;
    const told = expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) });
    expect((): unknown => Reflect.apply(scan, undefined, [cell, ones([1, 3, 1])])).toThrow(told);
    const stream = Reflect.construct(Stream<Tensor>, [{ cell }]);
    expect(() => stream.step(ones([1, 1]))).toThrow(told);
  });

  it('names what a step of plain JavaScript returned', () => {
    const cell = { ...adder, step: (x: Tensor) => x };
    expect((): unknown => Reflect.apply(scan, undefined, [cell, ones([1, 3, 1])])).toThrow(
      "scan: the cell's step returned a tensor; it must return [y, next state], and without waiting.",
    );
  });
});
