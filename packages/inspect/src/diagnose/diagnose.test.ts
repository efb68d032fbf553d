import {
  AdditiveScore,
  AttentionDecoder,
  Bidirectional,
  DotScore,
  EncoderDecoder,
  type SequenceLayer,
  Stacked,
  TokenDecoder,
  Unidirectional,
  gru,
  lastStateBridge,
} from '@unroll/architectures';
import {
  CoupledLstmCell,
  GruCell,
  LayerNormLstmCell,
  LstmCell,
  MinGruCell,
  MinimalGatedCell,
  PeepholeLstmCell,
  type RecurrentCell,
  Residual,
  ResetBeforeGruCell,
  type State,
  VanillaCell,
  scan,
} from '@unroll/cells';
import { languageModelStreams, pad } from '@unroll/data';
import { Embedding, Linear, constant, crossEntropy, crossEntropySum, dropout, normal } from '@unroll/layers';
import { Adam, Sgd } from '@unroll/optim';
import { Parameter, Rng, type Tensor, type TensorTree, keep, mapTensors, parametersOf, tensor } from '@unroll/tensor';
import {
  type BatchSource,
  type LossContext,
  type LossResult,
  fit,
  shuffledSource,
  streamSource,
} from '@unroll/training';
import { describe, expect, it } from 'vitest';
import { type DiagnoseOptions, type FindingCode, diagnose, formatFindings } from '../index.ts';

const VOCABULARY = 12;
const HIDDEN = 16;
const draw = new Rng(5);
const text = Int32Array.from({ length: 2000 }, () => 1 + draw.integer(VOCABULARY - 1));
const sentences = Array.from({ length: 40 }, () =>
  Int32Array.from({ length: 3 + draw.integer(8) }, () => 1 + draw.integer(VOCABULARY - 1)),
);

interface Tokens {
  readonly inputs: Tensor;
  readonly targets: Tensor;
  readonly mask?: Tensor;
}
type Options = DiagnoseOptions<Tokens, State>;

class Tagger {
  readonly embedding: Embedding;
  readonly layer: SequenceLayer;
  readonly output: Linear;

  constructor(layer: SequenceLayer, rng: Rng, count = VOCABULARY) {
    this.embedding = new Embedding({ count, size: layer.inputSize, rng });
    this.layer = layer;
    this.output = new Linear({ inputSize: layer.outputSize, outputSize: VOCABULARY, rng });
  }

  readonly loss = ({ inputs, targets, mask }: Tokens, { carry, rng }: LossContext<State>): LossResult<State> => {
    const xs = dropout(this.embedding.forward(inputs), 0.1, rng);
    const [ys, final] = this.layer.forward(xs, { state: carry, mask });
    return { loss: crossEntropy(this.output.forward(ys), targets, { mask }), carry: final };
  };
}

type MakeCell = (sizes: { inputSize: number; hiddenSize: number; rng: Rng }) => RecurrentCell;
const lstm: MakeCell = (sizes) => new LstmCell(sizes);

function layerOf(make: MakeCell, rng: Rng): SequenceLayer {
  return new Unidirectional({ cell: make({ inputSize: 8, hiddenSize: HIDDEN, rng }) });
}

const streams = (): BatchSource<Tokens> => streamSource(languageModelStreams(text, { batch: 4, time: 20 }));

function padded(): BatchSource<Tokens> {
  const source = shuffledSource(sentences, { batch: 8, rng: new Rng(3) });
  return {
    next() {
      const { batch, reset } = source.next();
      const { tokens: inputs, mask } = pad(batch.map((sentence) => sentence.subarray(0, -1)));
      const { tokens: targets } = pad(batch.map((sentence) => sentence.subarray(1)));
      return { batch: { inputs, targets, mask }, reset };
    },
    state: () => source.state(),
    restore: (state) => source.restore(state),
  };
}

/** A model in good health, and what to change about it. */
function patient(
  changes: Partial<Options> & { layer?: SequenceLayer; model?: Tagger } = {},
): Options & { model: Tagger } {
  const rng = new Rng(1);
  const model = changes.model ?? new Tagger(changes.layer ?? layerOf(lstm, rng), rng);
  return {
    loss: model.loss,
    data: { source: streams() },
    optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.003 }),
    classes: VOCABULARY,
    vocabulary: { size: VOCABULARY, padding: 0 },
    rng,
    ...changes,
    model,
  };
}

async function codesOf<Batch, Carry extends TensorTree>(
  options: DiagnoseOptions<Batch, Carry>,
): Promise<readonly FindingCode[]> {
  return (await diagnose(options)).map(({ code }) => code);
}

describe('a model in good health has no findings', () => {
  const cells: Readonly<Record<string, MakeCell>> = {
    vanilla: (sizes) => new VanillaCell(sizes),
    lstm,
    gru: (sizes) => new GruCell(sizes),
    'gru, reset before': (sizes) => new ResetBeforeGruCell(sizes),
    peephole: (sizes) => new PeepholeLstmCell(sizes),
    coupled: (sizes) => new CoupledLstmCell(sizes),
    'layer norm': (sizes) => new LayerNormLstmCell(sizes),
    'minimal gated': (sizes) => new MinimalGatedCell(sizes),
    minGru: (sizes) => new MinGruCell(sizes),
    residual: (sizes) => new Residual({ cell: new GruCell({ ...sizes, hiddenSize: sizes.inputSize }) }),
  };
  const sources = { streams, padded };

  for (const [name, make] of Object.entries(cells)) {
    it.each(Object.entries(sources))(`${name}, %s`, async (_, source) => {
      const findings = await diagnose(patient({ layer: layerOf(make, new Rng(2)), data: { source: source() } }));
      expect(findings).toEqual([]);
    });
  }

  it('in two directions, stacked, in padded batches', async () => {
    const rng = new Rng(4);
    const layer = new Stacked({
      layers: [
        new Bidirectional({
          forwardCell: new LstmCell({ inputSize: 8, hiddenSize: HIDDEN, rng }),
          backwardCell: new LstmCell({ inputSize: 8, hiddenSize: HIDDEN, rng }),
        }),
        layerOf((sizes) => new GruCell({ ...sizes, inputSize: 2 * HIDDEN }), rng),
      ],
      dropout: 0.2,
    });
    expect(await diagnose(patient({ layer, data: { source: padded() } }))).toEqual([]);
  });

  it.each([
    ['dot', () => new DotScore()],
    ['additive', (rng: Rng) => new AdditiveScore({ querySize: 16, keySize: 16, attentionSize: 8, rng })],
  ])('an encoder and a decoder with attention, %s', async (_, score) => {
    const rng = new Rng(4);
    const embedding = (): Embedding => new Embedding({ count: VOCABULARY, size: 8, rng });
    const decoder = new AttentionDecoder({
      cell: new GruCell({ inputSize: 8 + 16, hiddenSize: 16, rng }),
      score: score(rng),
      valueSize: 16,
    });
    const model = new EncoderDecoder({
      embedding: embedding(),
      encoder: gru({ inputSize: 8, hiddenSize: 16, rng }),
      decoder: new TokenDecoder({
        embedding: embedding(),
        decoder,
        bridge: lastStateBridge,
        output: new Linear({ inputSize: decoder.outputSize, outputSize: VOCABULARY, rng }),
      }),
    });
    const part = (from: number) => pad(sentences.slice(from, from + 8), { length: 10 });
    const [{ tokens: source, mask: sourceMask }, { tokens, mask: both }] = [part(0), part(8)];
    const [inputs, targets, mask] = [tokens.slice(1, 0, 9), tokens.slice(1, 1, 9), both.slice(1, 1, 9)];
    const findings = await diagnose({
      model,
      loss: (batch: { source: Tensor; sourceMask: Tensor; inputs: Tensor; targets: Tensor; mask: Tensor }) => {
        const { source, inputs, targets, ...masks } = batch;
        return { loss: crossEntropy(model.forward(source, inputs, masks).logits, targets, { mask: masks.mask }) };
      },
      data: { batch: { source, sourceMask, inputs, targets, mask } },
      optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.003 }),
      classes: VOCABULARY,
      vocabulary: { size: VOCABULARY },
    });
    expect(findings).toEqual([]);
  });

  it('after training too, and with padding that says itself that it does not count', async () => {
    const options = patient({ data: { source: padded() }, clipNorm: 5 });
    const { model, optimizer } = options;
    const run = fit({ model, optimizer: optimizer!, source: padded(), loss: model.loss, steps: 60, rng: new Rng(3) });
    for await (const _ of run);
    expect(await diagnose(options)).toEqual([]);
    const { tokens: inputs } = pad(sentences.slice(0, 4).map((sentence) => sentence.subarray(0, -1)));
    const { tokens: targets } = pad(
      sentences.slice(0, 4).map((sentence) => sentence.subarray(1)),
      { value: -100 },
    );
    expect(await diagnose({ ...options, data: { batch: { inputs, targets } } })).toEqual([]);
  });

  it('and is left as it was: weights, optimizer, source, rng', async () => {
    const options = patient();
    const source = streams();
    options.optimizer!.step(parametersOf(options.model).map(({ value }) => value.mul(0.1)));
    const state = async (): Promise<unknown> => [
      await options.optimizer!.state(),
      source.state(),
      options.rng!.state(),
      await Promise.all(parametersOf(options.model).map(({ value }) => value.data())),
    ];
    const before = await state();
    await diagnose({ ...options, data: { source } });
    expect(await state()).toEqual(before);
  });
});

describe('what is made sick on purpose is found', () => {
  const withBias = (bias: number): SequenceLayer =>
    layerOf((sizes) => {
      return new LstmCell({
        ...sizes,
        initializers: { bias_ih: constant(bias), bias_hh: constant(0) },
      });
    }, new Rng(2));

  it('gates that are always closed, or always open', async () => {
    const closed = await diagnose(patient({ layer: withBias(-12) }));
    expect(closed.filter(({ code }) => code === 'DEAD_GATE').map(({ where }) => where)).toEqual(
      expect.arrayContaining(['layer.cell.i', 'layer.cell.f', 'layer.cell.o']),
    );
    expect(closed.find(({ where }) => where === 'layer.cell.i')!.explanation).toMatch(/^100 % of the gates are closed/);
    const open = await diagnose(patient({ layer: withBias(12) }));
    expect(open.find(({ code }) => code === 'DEAD_GATE')!.explanation).toMatch(/are open at every step/);
  });

  it('gates that jump from end to end, as weights or inputs are too large', async () => {
    const layer = layerOf((sizes) => {
      return new GruCell({ ...sizes, initializers: { weight_ih: normal({ std: 100 }) } });
    }, new Rng(2));
    const found = await diagnose(patient({ layer }));
    const saturated = found.filter(({ code }) => code === 'SATURATED_GATE').map(({ where }) => where);
    expect(saturated).toEqual(expect.arrayContaining(['layer.cell.r', 'layer.cell.z', 'layer.cell.n']));
  });

  it('units that are always 0', async () => {
    const layer = layerOf((sizes) => {
      const dead = { bias_ih: constant(-50) };
      return new VanillaCell({ ...sizes, nonlinearity: (x) => x.relu(), initializers: dead });
    }, new Rng(2));
    const codes = await codesOf(patient({ layer }));
    expect(codes).toContain('DEAD_UNITS');
    expect(codes).toContain('NO_GRADIENT');
  });

  const linear = (weight: number): SequenceLayer =>
    layerOf((sizes) => {
      const initializers = { weight_hh: normal({ std: weight / Math.sqrt(HIDDEN) }) };
      return new VanillaCell({ ...sizes, nonlinearity: (x) => x, initializers });
    }, new Rng(2));

  it('gradients that explode or vanish through time', async () => {
    expect(await codesOf(patient({ layer: linear(2) }))).toContain('EXPLODING_GRADIENT');
    expect(await codesOf(patient({ layer: linear(0.02) }))).toEqual(['VANISHING_GRADIENT']);
    // It depends on the task whether a new LSTM remembers enough.
    expect(await codesOf(patient({ reach: 5 }))).toEqual([]);
    const [finding] = await diagnose(patient({ reach: 200 }));
    expect(finding).toMatchObject({ code: 'VANISHING_GRADIENT', where: 'layer.cell' });
    expect(finding!.explanation).toMatch(/after 200 steps .* of it is left/);
  });

  it('padding that is trained on: by the loss, or by the layer', async () => {
    const data = { source: padded() };
    const healthy = patient({ data });
    const { model } = healthy;
    const noMaskInLoss = await diagnose({
      ...healthy,
      loss({ inputs, targets, mask }) {
        const [ys] = model.layer.forward(model.embedding.forward(inputs), { mask });
        return { loss: crossEntropy(model.output.forward(ys), targets) };
      },
    });
    expect(noMaskInLoss.filter(({ code }) => code === 'PADDING_TRAINED_ON').map(({ where }) => where)).toEqual([
      'targets',
    ]);
    const noMaskInLayer = await diagnose({
      ...healthy,
      loss({ inputs, targets, mask }) {
        const [, final] = model.layer.forward(model.embedding.forward(inputs));
        const last = targets.slice(1, 0, 1).squeeze(1).add(mask!.sum().cast('int32').mul(0));
        return { loss: crossEntropy(model.output.forward((final as { h: Tensor }).h), last) };
      },
    });
    expect(noMaskInLayer.map(({ code, where }) => [code, where])).toContainEqual(['PADDING_TRAINED_ON', 'inputs']);
    // Where nobody made a mask, the padding token tells.
    const { tokens: inputs } = pad(sentences.slice(0, 4).map((sentence) => sentence.subarray(0, -1)));
    const { tokens: targets } = pad(sentences.slice(0, 4).map((sentence) => sentence.subarray(1)));
    expect(await codesOf({ ...healthy, data: { batch: { inputs, targets } } })).toContain('PADDING_TRAINED_ON');
  });

  it('a state that is carried into shuffled data, or not carried where the text goes on', async () => {
    const order = languageModelStreams(text, { batch: 4, time: 20 });
    let position = 0;
    const shuffled: BatchSource<Tokens> = {
      next: () => ({ batch: order.chunkAt((position++ * 7) % order.chunksPerPass), reset: false }),
      state: () => position,
      restore: (state) => void (position = state as number),
    };
    expect(await codesOf(patient({ data: { source: shuffled } }))).toEqual(['STATE_INTO_SHUFFLED_DATA']);
    const { model, ...healthy } = patient();
    const loss: Options['loss'] = (batch, context) => ({
      loss: model.loss(batch, { ...context, carry: undefined }).loss,
    });
    const source = streams();
    source.next();
    expect(await codesOf({ ...healthy, model, loss, data: { source } })).toEqual(['STATE_NOT_CARRIED']);
  });

  it('a loss that remembers what ran before', async () => {
    const { model, ...healthy } = patient();
    let kept: State | undefined;
    const loss: Options['loss'] = (batch, context) => {
      const { loss, carry } = model.loss(batch, { ...context, carry: kept });
      kept = mapTensors(carry!, (leaf) => keep(leaf.detach()));
      return { loss, carry: carry! };
    };
    expect(await codesOf({ ...healthy, model, loss })).toContain('LOSS_NOT_REPRODUCIBLE');
  });

  it('a vocabulary that is not the model’s', async () => {
    const rng = new Rng(1);
    const small = new Tagger(layerOf(lstm, rng), rng, VOCABULARY - 4);
    const found = await diagnose(patient({ model: small }));
    expect(found.map(({ code }) => code)).toEqual(['VOCABULARY_MISMATCH', 'VOCABULARY_MISMATCH']);
    expect(found[0]).toMatchObject({ where: 'embedding' });
    expect(found[1]!.explanation).toMatch(/can't be run on the batch/);
    const large = new Tagger(layerOf(lstm, rng), rng, VOCABULARY + 4);
    expect(await codesOf(patient({ model: large }))).toEqual(['VOCABULARY_MISMATCH']);
    expect(await codesOf(patient({ classes: VOCABULARY + 1 }))).toEqual(['VOCABULARY_MISMATCH']);
    const unknown = tensor(
      Int32Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? 5 : 1)),
      { shape: [2, 20] },
    );
    const data = { batch: { inputs: unknown, targets: unknown } };
    expect(await codesOf(patient({ data, vocabulary: { unknown: 1 } }))).toContain('UNKNOWN_TOKENS');
  });

  it('parameters that are not used, get no gradient, or have no optimizer', async () => {
    const options = patient();
    const model = Object.assign(options.model, { forgotten: new Parameter(tensor([1])) });
    const optimizer = new Adam({ parameters: parametersOf(model), learningRate: 0.003 });
    expect(await diagnose({ ...options, optimizer })).toMatchObject([{ code: 'UNUSED_PARAMETER', where: 'forgotten' }]);
    expect(await diagnose(options)).toMatchObject([{ code: 'NOT_TRAINED', where: 'forgotten' }]);
    const fresh = patient();
    const detached: Options['loss'] = ({ inputs, targets }) => {
      const [ys, carry] = fresh.model.layer.forward(fresh.model.embedding.forward(inputs).detach());
      return { loss: crossEntropy(fresh.model.output.forward(ys), targets), carry };
    };
    expect(await diagnose({ ...fresh, loss: detached })).toMatchObject([
      { code: 'NO_GRADIENT', where: 'embedding.weight' },
    ]);
  });

  it('a learning rate that is far too high, or far too low', async () => {
    expect(await codesOf(patient({ learningRate: 30 }))).toEqual(['LEARNING_RATE_TOO_HIGH']);
    const { model } = patient();
    const sgd = new Sgd({ parameters: parametersOf(model), learningRate: 1e-8 });
    expect(await codesOf(patient({ model, optimizer: sgd }))).toEqual(['LEARNING_RATE_TOO_LOW']);
  });

  it('a loss that is a sum, or that knows too much', async () => {
    const { model, ...healthy } = patient();
    const sum: Options['loss'] = ({ inputs, targets }, { carry }) => {
      const [ys, final] = scan((model.layer as Unidirectional).cell, model.embedding.forward(inputs), {
        state: carry,
      });
      return { loss: crossEntropySum(model.output.forward(ys), targets), carry: final };
    };
    expect(await codesOf({ ...healthy, model, loss: sum })).toContain('LOSS_FAR_FROM_CHANCE');
    const tenth: Options['loss'] = (batch, context) => {
      const { loss, carry } = model.loss(batch, context);
      return { loss: loss.mul(0.1), carry: carry! };
    };
    const found = await diagnose({ ...healthy, model, loss: tenth });
    expect(found).toMatchObject([{ code: 'LOSS_FAR_FROM_CHANCE' }]);
    expect(found[0]!.explanation).toMatch(/has taken no step yet/);
  });

  it('numbers that are not finite', async () => {
    const { model, ...healthy } = patient();
    model.output.bias!.value = model.output.bias!.value.mul(NaN);
    expect(await codesOf({ ...healthy, model })).toEqual(['NON_FINITE']);
  });
});

it('findings are text that says what, where and what to do', async () => {
  const findings = await diagnose(patient({ learningRate: 30 }));
  expect(formatFindings(findings)).toMatch(
    /^LEARNING_RATE_TOO_HIGH\n {2}A step at the rate 30 .*\n {2}Take a rate a tenth as large/,
  );
  expect(formatFindings([])).toBe('No findings.\n');
  expect(formatFindings([{ code: 'DEAD_GATE', where: 'cell.f', explanation: 'a', remedy: 'b' }])).toBe(
    'DEAD_GATE at cell.f\n  a\n  b\n',
  );
});
