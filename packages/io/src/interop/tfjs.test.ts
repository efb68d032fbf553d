import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LstmCell, ResetBeforeGruCell, StackedCells, VanillaCell, scan } from '@unroll/cells';
import { referenceFolder } from '@unroll/fixtures';
import { embedding, hardSigmoid } from '@unroll/layers';
import { Rng, type Tensor, full, ones, tensor, unstack, zeros } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { loadStateDict } from '../load-state-dict.ts';
import type { StateDict } from '../state-dict.ts';
import type { Weights } from './gates.ts';
import { kerasGruWeights, kerasLstmWeights, kerasSimpleRnnWeights } from './keras.ts';

const folder = referenceFolder();
const path = folder && join(folder, 'tfjs_recurrent_golden.json');
const tfjs: { readonly cases: readonly TfjsCase[] } | undefined =
  path && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
const rng = new Rng(1);

function loaded<Cell extends object>(cell: Cell, state: StateDict): Cell {
  loadStateDict(cell, state);
  return cell;
}

function expectClose(actual: Tensor, expected: Tensor, { atol = 1e-5, rtol = 1e-5 } = {}): void {
  expect(actual.shape).toEqual(expected.shape);
  const want = expected.dataSync();
  for (const [i, value] of actual.dataSync().entries()) {
    expect(Math.abs(value - want[i]!), `element ${i}: ${value} instead of ${want[i]}`).toBeLessThanOrEqual(
      atol + rtol * Math.abs(want[i]!),
    );
  }
}

type TfjsCase = { readonly id: string } & Readonly<Record<string, unknown>>;

describe.skipIf(!tfjs)('layers of TensorFlow.js (skipped where the reference folder is absent)', () => {
  const golden = (id: string): TfjsCase => {
    const found = tfjs!.cases.find((one) => one.id === id);
    expect(found, id).toBeDefined();
    return found!;
  };
  const filled = (shape: readonly number[], value: number): Weights => ({
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b)).fill(value),
  });
  const hard = { gate: (x: Tensor): Tensor => hardSigmoid(x, { slope: 0.2 }) };
  const linear = (x: Tensor): Tensor => x;
  const oneBias = { bias: { hh: false }, rng } as const;
  const kernels = (inputSize: number, units: number, gates: number, values: readonly [number, number, number]) => ({
    kernel: filled([inputSize, gates * units], values[0]),
    recurrentKernel: filled([units, gates * units], values[1]),
    bias: filled([gates * units], values[2]),
  });
  const lstm = (inputSize: number, units: number, bias: number): LstmCell => {
    const weights = kernels(inputSize, units, 4, [1, 1, bias]);
    weights.bias.data.fill(1, units, 2 * units);
    return loaded(
      new LstmCell({ inputSize, hiddenSize: units, activations: hard, ...oneBias }),
      kerasLstmWeights(weights),
    );
  };
  const expectAll = (value: Tensor, expected: number, atol = 2e-5): void =>
    expectClose(value, full(value.shape, expected), { atol, rtol: 0 });
  const embedded = (tokens: number[][], table: Tensor): { xs: Tensor; mask: Tensor } => {
    const ids = tensor(tokens, { dtype: 'int32' });
    return { xs: embedding(ids, table), mask: ids.greater(0).cast('float32') };
  };

  it('SimpleRNN, stateful, with a dense layer', () => {
    const { expected_last_output_call1_all: first, call2_all: second } = golden('SimpleRNN stateful forward');
    const dense = golden('SimpleRNN + Dense(ones,bias 0) stateful');
    const cell = loaded(
      new VanillaCell({ inputSize: 2, hiddenSize: 5, nonlinearity: linear, ...oneBias }),
      kerasSimpleRnnWeights(kernels(2, 5, 1, [1, 1, 0])),
    );
    const [, once] = scan(cell, ones([4, 3, 2]));
    const [, twice] = scan(cell, ones([4, 3, 2]), { state: once });
    expectAll(once, first as number);
    expectAll(twice, second as number, 0);
    expectAll(once.sum(1), dense['expected_call1_all'] as number);
    expectAll(twice.sum(1), dense['call2_all'] as number, 0);
  });

  it('GRU', () => {
    const gru = (inputSize: number, units: number, values: [number, number, number], candidate?: typeof linear) =>
      loaded(
        new ResetBeforeGruCell({
          inputSize,
          hiddenSize: units,
          activations: { ...hard, ...(candidate ? { candidate } : {}) },
          ...oneBias,
        }),
        kerasGruWeights(kernels(inputSize, units, 3, values)),
      );
    const perStep = golden('GRU forward')['expected_per_step_all'] as readonly number[];
    for (const [t, y] of unstack(scan(gru(2, 5, [1, 1, 1]), zeros([4, 3, 2]))[0], 1).entries())
      expectAll(y, perStep[t]!);
    const stateful = golden('GRU stateful forward');
    const cell = gru(2, 5, [1, 0, 0], linear);
    const [, once] = scan(cell, ones([4, 3, 2]));
    expectAll(once, stateful['expected_call1_all'] as number, 1e-3);
    expectAll(scan(cell, ones([4, 3, 2]), { state: once })[1], stateful['call2_all'] as number);
    const fromDense = golden('GRU with initial state from Dense');
    const state = tensor(fromDense['initial_state'] as number[][]);
    const [, last] = scan(gru(4, 2, [1, 1, 0]), tensor(fromDense['x'] as number[][][]), { state });
    expectClose(last, tensor(fromDense['expected_last_output'] as number[][]), { atol: 2e-5 });
  });

  it('LSTM, also with a mask', () => {
    const forward = golden('LSTM forward');
    const [ys, final] = scan(lstm(2, 5, 1), ones([4, 2, 2]));
    const [y0, y1] = unstack(ys, 1);
    expectAll(y0!, forward['expected_h_t0_all'] as number);
    expectAll(y1!, forward['expected_h_t1_all'] as number);
    expectAll(final.c, forward['expected_c_final_all'] as number);
    const stateful = golden('LSTM stateful forward');
    const [, once] = scan(lstm(2, 5, 1), ones([4, 3, 2]));
    expectAll(once.h, stateful['expected_call1_all'] as number, 1e-3);
    expectAll(scan(lstm(2, 5, 1), ones([4, 3, 2]), { state: once })[1].h, stateful['call2_all'] as number);
    const masked = golden('LSTM with mask_zero embedding(ones dim4)+Dense(ones)');
    const { xs, mask } = embedded(masked['tokens'] as number[][], ones([10, 4]));
    const [, last] = scan(lstm(4, 3, 0), xs, { mask });
    expectClose(last.h.sum(1, { keepDims: true }), tensor(masked['expected'] as number[][]), { atol: 2e-5 });
    expectClose(last.h.slice(1, 0, 1), tensor(masked['expected_h'] as number[][]), { atol: 2e-5 });
    expectClose(last.c.slice(1, 0, 1), tensor(masked['expected_c'] as number[][]), { atol: 2e-5 });
  });

  it('LSTM backwards with a mask and weights that differ', () => {
    const one = golden('LSTM goBackwards with mask, asymmetric weights');
    const matrix = (name: string): Weights => {
      const rows = one[name] as readonly (readonly number[])[];
      return { shape: [rows.length, rows[0]!.length], data: Float32Array.from(rows.flat()) };
    };
    const bias = { shape: [8], data: Float32Array.from(one['bias'] as number[]) };
    const cell = loaded(
      new LstmCell({ inputSize: 2, hiddenSize: 2, activations: hard, ...oneBias }),
      kerasLstmWeights({ kernel: matrix('kernel'), recurrentKernel: matrix('recurrent'), bias }),
    );
    const { xs, mask } = embedded(one['tokens'] as number[][], tensor(one['embedding'] as number[][]));
    const [, { h }] = scan(cell, xs.reverse(1), { mask: mask.reverse(1) });
    expectClose(h.sum(1, { keepDims: true }), tensor(one['expected'] as number[][]), { atol: 2e-5 });
  });

  it('SimpleRNN under LSTM with a mask; three kinds of cells as one', () => {
    const stacked = golden('Stacked SimpleRNN(return_sequences)->LSTM with mask');
    const { xs, mask } = embedded(stacked['tokens'] as number[][], ones([10, 4]));
    const rnn = loaded(
      new VanillaCell({ inputSize: 4, hiddenSize: 3, ...oneBias }),
      kerasSimpleRnnWeights(kernels(4, 3, 1, [1, 1, 0])),
    );
    const [, [, top]] = scan(new StackedCells({ cells: [rnn, lstm(3, 3, 0)] }), xs, { mask });
    const rows = stacked['expected_rows_all'] as readonly number[];
    for (const [i, row] of unstack(top.h, 0).entries()) expectAll(row, rows[i]!);

    const three = golden('StackedRNNCells SimpleRNN3->GRU2->LSTM1');
    const none = { bias: false, rng } as const;
    const bare = (inputSize: number, units: number, gates: number) => ({
      ...kernels(inputSize, units, gates, [1, 1, 0]),
      bias: undefined,
    });
    const cells = [
      loaded(new VanillaCell({ inputSize: 4, hiddenSize: 3, ...none }), kerasSimpleRnnWeights(bare(4, 3, 1))),
      loaded(
        new ResetBeforeGruCell({ inputSize: 3, hiddenSize: 2, activations: hard, ...none }),
        kerasGruWeights(bare(3, 2, 3)),
      ),
      loaded(
        new LstmCell({ inputSize: 2, hiddenSize: 1, activations: hard, ...none }),
        kerasLstmWeights(bare(2, 1, 4)),
      ),
    ];
    const [ys] = scan(new StackedCells({ cells }), tensor(three['x'] as number[][][]));
    expectClose(ys.slice(1, ys.shape[1]! - 1, 1).squeeze(1), tensor(three['expected'] as number[][]), { atol: 2e-5 });
  });
});
