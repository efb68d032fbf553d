import { Bidirectional, Stacked, Unidirectional } from '@unroll/architectures';
import { type CellOptions, GruCell, LstmCell, type RecurrentCell, type State, VanillaCell } from '@unroll/cells';
import {
  type Tolerance,
  type TrainCharLmCase,
  type TrainTaggerCase,
  float32Tolerance,
  float64Tolerance,
  goldenCases,
  mismatch,
} from '@unroll/fixtures';
import { maskFromLengths } from '@unroll/data';
import { Embedding, Linear, crossEntropy } from '@unroll/layers';
import { Adam, AdamW, Sgd } from '@unroll/optim';
import { type DType, Rng, type Tensor, keep, parametersOf, stack, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { type BatchSource, type LossContext, fit, sampledSource } from '../src/index.ts';
import { collect, stepsOf } from './collect.ts';
import { TorchModel, firstGradients } from './torch-model.ts';

const rng = new Rng(1);

function expectNear(actual: readonly number[], expected: readonly number[], tolerance: Tolerance): void {
  const value = { shape: [actual.length], dataSync: () => actual };
  expect(mismatch(value, { s: [expected.length], d: expected }, tolerance)).toBeUndefined();
}

function expectTensors(
  actual: ReadonlyMap<string, Tensor>,
  expected: Readonly<Record<string, Parameters<typeof mismatch>[1]>>,
  tolerance: Tolerance,
): void {
  expect([...actual.keys()].toSorted()).toEqual(Object.keys(expected).toSorted());
  for (const [name, value] of actual) expect(mismatch(value, expected[name]!, tolerance), name).toBeUndefined();
}

describe.each(goldenCases('train_charlm'))('$id: truncated backpropagation through fit', (golden) => {
  it('gives the losses, norms, gradients, weights and states of PyTorch in float64', async () => {
    await checkCharLm(golden, 'float64', float64Tolerance);
  });

  it('stays near them in float32', async () => {
    await checkCharLm(golden, 'float32', float32Tolerance(golden.f32_final_params_max_abs_err));
  });
});

async function checkCharLm(golden: TrainCharLmCase, dtype: DType, tolerance: Tolerance): Promise<void> {
  const { cfg, expected } = golden;
  const layers = Array.from({ length: cfg.layers }, (_, i) => {
    const options = { inputSize: i === 0 ? cfg.emb : cfg.hidden, hiddenSize: cfg.hidden, rng };
    return new Unidirectional<State>({ cell: makeCell(cfg.cell, options) });
  });
  const { model, parameters } = new TorchModel(
    {
      emb: new Embedding({ count: cfg.vocab, size: cfg.emb, rng }),
      rnn: new Stacked({ layers }),
      out: new Linear({ inputSize: cfg.hidden, outputSize: cfg.vocab, rng }),
    },
    dtype,
    golden.params,
    (name) => name.replace(/layers\.(\d+)\.cell\.(\w+)/, '$2_l$1'),
  );
  const optimizer = cfg.optimizer.startsWith('Adam')
    ? new Adam({ parameters: parametersOf(model), learningRate: 0.02 })
    : new Sgd({ parameters: parametersOf(model), learningRate: 0.5, momentum: 0.9 });
  const gradients = firstGradients(optimizer);
  let hidden: Tensor | undefined;
  const events = await collect(
    fit({
      model,
      optimizer,
      source: chunks(golden.tokens, cfg.T),
      loss({ inputs, targets }, { carry }: LossContext<readonly State[]>) {
        const [ys, final] = model.rnn.forward(model.emb.forward(inputs), { state: carry });
        hidden = keep(stack(final.map(hiddenOf), 0));
        return { loss: crossEntropy(model.out.forward(ys), targets), carry: final };
      },
      steps: cfg.steps,
      clipNorm: cfg.clip_norm,
      rng,
    }),
  );
  const steps = stepsOf(events);
  expectNear(
    steps.map(({ loss }) => loss),
    expected.losses,
    tolerance,
  );
  expectNear(
    steps.map(({ gradientNorm }) => gradientNorm),
    expected.grad_norms_before_clip,
    tolerance,
  );
  expectTensors(
    mapValues(parameters, (parameter) => gradients.get(parameter)!),
    expected.first_step_grads,
    tolerance,
  );
  expectTensors(
    mapValues(parameters, (parameter) => parameter.value),
    expected.final_params,
    tolerance,
  );
  expect(mismatch(hidden!, expected.h_n, tolerance)).toBeUndefined();
}

describe.each(goldenCases('train_tagger'))('$id: a packed bidirectional network as a mask', (golden) => {
  it('gives the logits, losses, gradients and weights of PyTorch in float64', async () => {
    await checkTagger(golden, 'float64', float64Tolerance);
  });

  it('stays near them in float32', async () => {
    await checkTagger(golden, 'float32', float32Tolerance());
  });
});

async function checkTagger(golden: TrainTaggerCase, dtype: DType, tolerance: Tolerance): Promise<void> {
  const { cfg, expected } = golden;
  const options = { inputSize: cfg.emb, hiddenSize: cfg.hidden, rng };
  const { model, parameters } = new TorchModel(
    {
      emb: new Embedding({ count: cfg.vocab, size: cfg.emb, paddingIndex: cfg.padding_idx, rng }),
      rnn: new Bidirectional({ forwardCell: new LstmCell(options), backwardCell: new LstmCell(options) }),
      out: new Linear({ inputSize: 2 * cfg.hidden, outputSize: cfg.tags, rng }),
    },
    dtype,
    golden.params,
    (name) => name.replace(/forwardCell\.(\w+)/, '$1_l0').replace(/backwardCell\.(\w+)/, '$1_l0_reverse'),
  );
  const optimizer = new AdamW({ parameters: parametersOf(model), learningRate: 0.01, weightDecay: 0.1 });
  const gradients = firstGradients(optimizer);
  let firstLogits: Tensor | undefined;
  const events = await collect(
    fit({
      model,
      optimizer,
      source: sampledSource({ sample: () => golden, rng }),
      loss(batch) {
        const mask = maskFromLengths(batch.lengths, { dtype });
        const [ys] = model.rnn.forward(model.emb.forward(tensor(batch.tokens, { dtype: 'int32' })), { mask });
        const logits = model.out.forward(ys);
        firstLogits ??= keep(logits.detach());
        return { loss: crossEntropy(logits, tensor(batch.tags, { dtype: 'int32' }), { mask }) };
      },
      steps: cfg.steps,
      rng,
    }),
  );
  expectNear(
    stepsOf(events).map(({ loss }) => loss),
    expected.losses,
    tolerance,
  );
  expect(mismatch(firstLogits!, expected.logits_step0, tolerance)).toBeUndefined();
  expectTensors(
    mapValues(parameters, (parameter) => gradients.get(parameter)!),
    expected.first_step_grads,
    tolerance,
  );
  expectTensors(
    mapValues(parameters, (parameter) => parameter.value),
    expected.final_params,
    tolerance,
  );
}

function makeCell(kind: TrainCharLmCase['cfg']['cell'], options: CellOptions): RecurrentCell {
  if (kind === 'LSTM') return new LstmCell(options);
  return kind === 'GRU' ? new GruCell(options) : new VanillaCell(options);
}

/** h of a state of any of those cells. */
function hiddenOf(state: State): Tensor {
  return 'h' in state ? (state['h'] as Tensor) : (state as Tensor);
}

interface Chunk {
  readonly inputs: Tensor;
  readonly targets: Tensor;
}

/** Pieces of `time` steps of all rows; the rows have nothing to do with each other. */
function chunks(rows: readonly (readonly number[])[], time: number): BatchSource<Chunk> {
  let start = 0;
  const cut = (from: number): Tensor =>
    tensor(
      rows.map((row) => row.slice(from, from + time)),
      { dtype: 'int32' },
    );
  return {
    next() {
      const batch = { inputs: cut(start), targets: cut(start + 1) };
      start += time;
      return { batch, reset: start === time };
    },
    state: () => start,
    restore(state) {
      start = Number(state);
    },
  };
}

function mapValues<Key, A, B>(map: ReadonlyMap<Key, A>, fn: (value: A) => B): ReadonlyMap<Key, B> {
  return new Map(Array.from(map, ([key, value]) => [key, fn(value)]));
}
