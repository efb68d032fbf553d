import { valueAndGrad, vjp } from '@unroll/autograd';
import type { Backend, LoopProgram } from '@unroll/backend';
import {
  GruCell,
  LayerNormLstmCell,
  LstmCell,
  type RecurrentCell,
  ResetBeforeGruCell,
  VanillaCell,
  explainScan,
  scan,
} from '@unroll/cells';
import { Parameter, Rng, type Tensor, parametersOf, scope, withBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { gpujs } from '../backend.ts';

const backend = await gpujs({ mode: 'cpu' });
const uncompiled: Backend = { ...backend, compileLoop: () => ({ reason: 'it is the reference' }) };

type Make = (sizes: { readonly inputSize: number; readonly hiddenSize: number; readonly rng: Rng }) => RecurrentCell;

/** Loss and gradients of a run, as numbers. */
function train(on: Backend, make: Make, { size = 6, time = 20, batch = 4 } = {}): readonly (readonly number[])[] {
  return withBackend(on, () =>
    scope(() => {
      const cell = make({ inputSize: size, hiddenSize: size, rng: new Rng(1) });
      const xs = new Parameter(new Rng(2).normal([batch, time, size]));
      const parameters = [...parametersOf(cell), xs];
      const loss = (): Tensor =>
        scan(cell, xs.value)[0]
          .mul(new Rng(3).normal([batch, time, size]))
          .sum();
      const { value, grads } = valueAndGrad(loss, parameters);
      const numbers = [value, ...grads].map((each) => [...each.dataSync()]);
      for (const { value: own } of parameters) own.dispose();
      return numbers;
    }),
  );
}

/** Kernels that one more step brings along in a training step. */
function kernelsPerStep(make: Make): number {
  const [short, long] = [70, 140].map((time) => {
    const before = backend.statistics().dispatches;
    train(backend, make, { time, size: 3, batch: 2 });
    return backend.statistics().dispatches - before;
  });
  return (long! - short!) / 70;
}

const lstm: Make = (sizes) => new LstmCell(sizes);
const gru: Make = (sizes) => new GruCell(sizes);
const layerNorm: Make = (sizes) => new LayerNormLstmCell(sizes);
const vanilla: Make = (sizes) => new VanillaCell(sizes);
const resetBefore: Make = (sizes) => new ResetBeforeGruCell(sizes);

describe('compileLoop of gpujs', () => {
  it('takes few kernels for a step forwards and back', () => {
    expect(kernelsPerStep(vanilla)).toBeLessThan(4);
    expect(kernelsPerStep(gru)).toBeLessThan(5);
    expect(kernelsPerStep(lstm)).toBeLessThan(5);
  });

  it('says how many', () => {
    withBackend(backend, () => {
      const cell = lstm({ inputSize: 4, hiddenSize: 5, rng: new Rng(1) });
      expect(explainScan(cell, { batch: 3 })).toContain('compiled: at most 1 kernel a step');
      expect(explainScan(cell, { batch: 3, vjp })).toContain('compiled: at most 2 kernels a step');
    });
  });

  it('makes the statistics of long rows in kernels of their own: each thread would read its row once more', () => {
    const kernels = (hiddenSize: number): number =>
      withBackend(backend, () => {
        const text = explainScan(layerNorm({ inputSize: 3, hiddenSize, rng: new Rng(1) }), { batch: 16 });
        return Number(/compiled: at most (\d+) kernel/.exec(text)![1]);
      });
    expect(kernels(96)).toBe(kernels(4) + 2);
  });

  it.each([
    ['LSTM', lstm],
    ['LSTM with layer normalization', layerNorm],
    ['GRU', gru],
    ['GRU with the reset before', resetBefore],
    ['vanilla', vanilla],
  ])('gives the same with constants that are packed for its loops: %s', (_, make) => {
    const sizes = { size: 48, time: 5, batch: 3 };
    const [actual, expected] = [backend, uncompiled].map((on) => train(on, make, sizes));
    for (const [i, numbers] of expected!.entries()) {
      const scale = Math.max(1, ...numbers.map(Math.abs));
      const worst = Math.max(...numbers.map((number, j) => Math.abs(number - actual![i]![j]!)));
      expect(worst / scale, `result ${i}`).toBeLessThan(1e-5);
    }
  });

  it('gives all memory back, of forward runs without derivatives as well', () => {
    const run = (): void => {
      train(backend, lstm);
      withBackend(backend, () =>
        scope(() => {
          const cell = gru({ inputSize: 3, hiddenSize: 3, rng: new Rng(1) });
          const [ys] = scan(cell, new Rng(2).normal([2, 200, 3]));
          ys.dataSync();
          for (const { value } of parametersOf(cell)) value.dispose();
        }),
      );
    };
    run();
    const { handles, buffers, textures } = backend.statistics();
    for (let i = 0; i < 3; i++) run();
    expect(backend.statistics()).toMatchObject({ handles, buffers, textures });
  });

  it('compiles a program once for all lengths, but what runs after its steps', () => {
    train(backend, lstm, { time: 30 });
    const { compiled } = backend.statistics();
    train(backend, lstm, { time: 30 });
    expect(backend.statistics().compiled).toBe(compiled);
  });

  it('refuses what steps cannot hold, with the reason', () => {
    const program = (given: Partial<LoopProgram>): LoopProgram => ({
      reversed: false,
      values: [
        { shape: [2, 3], dtype: 'float32' },
        { shape: [2, 3], dtype: 'float32' },
      ],
      constants: [],
      inputs: { once: [], series: [] },
      carried: [{ value: 0, next: 1 }],
      phases: {
        once: [],
        before: [],
        loop: [{ op: 'tanh', inputs: [0], attrs: {}, outputs: [1] }],
        after: [],
        totals: [],
      },
      outputs: { once: [], series: [], totals: [] },
      ...given,
    });
    const reasonFor = (given: Partial<LoopProgram>): unknown => backend.compileLoop!(program(given));
    expect(reasonFor({})).toBeInstanceOf(Function);
    const wide = { shape: [2, 3], dtype: 'float64' } as const;
    expect(reasonFor({ values: [wide, wide] })).toEqual({ reason: 'a value is float64' });
    const empty = { shape: [0, 3], dtype: 'float32' } as const;
    expect(reasonFor({ values: [empty, empty] })).toEqual({ reason: 'a value is empty' });
    const computed: Partial<LoopProgram> = {
      values: [
        { shape: [2], dtype: 'int32' },
        { shape: [2], dtype: 'int32' },
        { shape: [5, 3], dtype: 'float32' },
        { shape: [2, 3], dtype: 'float32' },
      ],
      inputs: { once: [2], series: [] },
      phases: {
        once: [],
        before: [],
        loop: [
          { op: 'neg', inputs: [0], attrs: {}, outputs: [1] },
          { op: 'gather', inputs: [2, 1], attrs: {}, outputs: [3] },
        ],
        after: [],
        totals: [],
      },
      outputs: { once: [], series: [3], totals: [] },
    };
    expect(reasonFor(computed)).toEqual({ reason: expect.stringContaining('index') });
  });
});
