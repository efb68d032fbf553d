import {
  type Backend,
  getBackend,
  type Tensor,
  Rng,
  Parameter,
  concat,
  ones,
  scope,
  tensor,
  unstack,
  withRecorder,
  zeros,
} from '@unroll/tensor';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RecurrentCell } from '../cell.ts';
import { GruCell } from '../gru.ts';
import { LstmCell, type LstmState } from '../lstm.ts';
import { scan } from '../scan/scan.ts';
import { StackedCells } from '../stacked-cells.ts';
import { Stream } from './stream.ts';

const backend = getBackend() as Backend & { memory(): { readonly buffers: number; readonly liveBytes: number } };

const sequence = new Rng(7).normal([2, 6, 3]);
const steps = unstack(sequence, 1);

function lstm(): LstmCell {
  return new LstmCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) });
}

/** y = s′ = s + w x, with a parameter that no field leads to. */
function hiddenSum(w: Parameter): RecurrentCell<Tensor> {
  return {
    inputSize: 1,
    outputSize: 1,
    initialState: (batch) => zeros([batch, 1]),
    step: (x, s) => [s.add(x.mul(w.value.mul(2))), s.add(x.mul(w.value.mul(2)))],
  };
}

function expectClose(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.sub(expected).abs().max().item()).toBeLessThan(1e-6);
}

afterEach(() => vi.restoreAllMocks());

describe('Stream', () => {
  it('gives what cell.step gives, step by step', () => {
    const rng = new Rng(3);
    const cells = [
      new LstmCell({ inputSize: 3, hiddenSize: 4, rng }),
      new GruCell({ inputSize: 4, hiddenSize: 5, rng }),
    ];
    const cell = new StackedCells({ cells });
    const stream = new Stream({ cell, batch: 2 });
    let state = cell.initialState(2);
    for (const x of steps) {
      const [y, next] = cell.step(x, state);
      state = next;
      expectClose(stream.step(x), y);
    }
  });

  it('follows a parameter that gets another value, wherever the step finds it', () => {
    const w = new Parameter(ones([1]));
    const stream = new Stream({ cell: hiddenSum(w) });
    expect(stream.step(tensor([[1]])).item()).toBe(2);
    w.value = tensor([10]);
    expect(stream.step(tensor([[1]])).item()).toBe(22);
  });

  it('hands out its state, and goes back to it', () => {
    const stream = new Stream({ cell: lstm(), batch: 2 });
    expect([...stream.state.h.dataSync()]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    stream.step(steps[0]!);
    const before = stream.state;
    const first = stream.step(steps[1]!).detach();
    stream.reset(before);
    expectClose(stream.step(steps[1]!), first);
    stream.reset();
    stream.step(steps[0]!);
    expectClose(stream.state.c, before.c);
  });

  it('reads the beginning of a sequence at once', () => {
    const cell = lstm();
    const stream = new Stream({ cell, batch: 2 });
    const [head, tail] = sequence.split(1, [4, 2]);
    const ys = [stream.read(head), ...unstack(tail, 1).map((x) => stream.step(x).expandDims(1))];
    expectClose(concat(ys, 1), scan(cell, sequence)[0]);
  });

  it('begins with the dtype of x', () => {
    const cell = hiddenSum(new Parameter(ones([1], { dtype: 'float64' })));
    expect(new Stream({ cell }).step(ones([1, 1], { dtype: 'float64' })).dtype).toBe('float64');
  });

  it.each([
    ['in a scope', (work: () => void) => scope(work)],
    ['without a scope', (work: () => void) => work()],
  ])('holds as much after 10 000 steps as after 2, %s', (_, within) => {
    const stream = new Stream({ cell: lstm(), batch: 2 });
    within(() => {
      stream.step(steps[0]!);
      stream.step(steps[0]!);
      const { buffers, liveBytes } = backend.memory();
      for (let i = 0; i < 10_000; i++) stream.step(steps[0]!);
      expect(backend.memory()).toMatchObject({ buffers, liveBytes });
    });
    stream.dispose();
  });

  it('gives back all it holds', () => {
    const cell = lstm();
    const { buffers } = backend.memory();
    const stream = new Stream({ cell, batch: 2 });
    stream.step(steps[0]!);
    stream.dispose();
    expect(backend.memory().buffers).toBe(buffers);
    expect(stream.step(steps[0]!).shape).toEqual([2, 4]);
  });

  it('runs a step that can’t be written down op by op, and says so', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const inner = lstm();
    const cell: RecurrentCell<LstmState> = {
      inputSize: 3,
      outputSize: 4,
      initialState: (batch) => inner.initialState(batch),
      step: (x, state) => (x.dataSync(), inner.step(x, state)),
    };
    const stream = new Stream({ cell, batch: 2 });
    let state = inner.initialState(2);
    for (const x of steps) {
      const [y, next] = inner.step(x, state);
      state = next;
      expectClose(stream.step(x), y);
    }
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('runs a step that counts op by op, and says so', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    let calls = 0;
    const cell: RecurrentCell<Tensor> = {
      inputSize: 1,
      outputSize: 1,
      initialState: (batch) => zeros([batch, 1]),
      step: (x, s) => [x.mul(++calls), s],
    };
    const stream = new Stream({ cell });
    const x = ones([1, 1]);
    const [first, second, third] = [1, 2, 3].map(() => stream.step(x).item());
    expect([second! - first!, third! - second!]).toEqual([1, 1]);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('does something else each time it is called')]]);
  });

  it('refuses what does not fit, and to be recorded', () => {
    const stream = new Stream({ cell: lstm() });
    expect(() => stream.step(steps[0]!)).toThrow(/x is \[2, 3\]; it should be \[1, 3\]/);
    const record = (): void => withRecorder({ record: () => {} }, () => void stream.step(ones([1, 3])));
    expect(record).toThrow(expect.objectContaining({ code: 'NOT_DIFFERENTIABLE' }));
    expect(() => new Stream({ cell: lstm(), batch: 0 })).toThrow(/an integer from 1 on/);
    expect(() => stream.reset(lstm().initialState(2))).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  });
});
