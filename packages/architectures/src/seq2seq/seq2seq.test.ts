import { valueAndGrad, vjp } from '@unroll/autograd';
import { wasm } from '@unroll/backend-wasm';
import { GruCell, LstmCell, type RecurrentCell, type State, StackedCells, scanReport } from '@unroll/cells';
import { Embedding, Linear } from '@unroll/layers';
import {
  Rng,
  type Tensor,
  castParameters,
  concat,
  namedParameters,
  stack,
  tensor,
  tensorsOf,
  unstack,
  where,
  withBackend,
} from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { AttentionDecoder } from '../attention/attention-decoder.ts';
import { DotScore } from '../attention/dot.ts';
import { plainReadout } from '../attention/readout.ts';
import { greedy } from '../generation/choose-token.ts';
import { generate } from '../generation/generate.ts';
import { hiddenOf } from '../hidden-of.ts';
import { gru, lstm } from '../presets.ts';
import { Unidirectional } from '../unidirectional.ts';
import { LinearBridge, lastStateBridge, zeroBridge } from './bridge.ts';
import { EncoderDecoder } from './encoder-decoder.ts';
import { FixedContextDecoder } from './fixed-context-decoder.ts';
import { PlainDecoder } from './plain-decoder.ts';
import { ScheduledSampling, withCoins } from './scheduled-sampling.ts';
import { TiedLinear } from './tied-linear.ts';
import { TokenDecoder } from './token-decoder.ts';
import { vectorSource } from './vector-source.ts';

const [count, size, bos] = [7, 3, 1];
const tokens = tensor(
  [
    [bos, 3, 4, 2],
    [bos, 5, 2, 6],
  ],
  { dtype: 'int32' },
);

function expectNear(actual: Tensor, expected: Tensor, tolerance = 1e-12): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.sub(expected).abs().max().item()).toBeLessThan(tolerance);
}

/** GRU to GRU with attention and tied weights, in float64. */
function makeModel({ dropout = 0 } = {}) {
  const rng = new Rng(1);
  const embedding = new Embedding({ count, size, rng });
  const cell = new GruCell({ inputSize: 2 * size, hiddenSize: size, rng });
  const decoder = new AttentionDecoder({ cell, score: new DotScore(), valueSize: size, readout: plainReadout });
  const output = new TiedLinear({ embedding });
  return castParameters(
    new EncoderDecoder({
      embedding,
      encoder: new Unidirectional({ cell: new GruCell({ inputSize: size, hiddenSize: size, rng }) }),
      decoder: new TokenDecoder({ embedding, decoder, bridge: lastStateBridge, output, dropout }),
      dropout,
    }),
    'float64',
  );
}

const source = tensor(
  [
    [3, 4, 5],
    [6, 2, 0],
  ],
  { dtype: 'int32' },
);
const sourceMask = tensor([
  [1, 1, 1],
  [1, 1, 0],
]);

describe('an encoder-decoder', () => {
  it('gives step by step what it gives for all targets at once', () => {
    const model = makeModel();
    const { logits, alignments, final } = model.forward(source, tokens, { sourceMask });
    const begun = model.decoder.begin(model.encode(source, { mask: sourceMask }));
    const cell = model.decoder.over(begun.memory);
    let { state } = begun;
    const looked: Tensor[] = [];
    const stepped = tokens.split(1, 4).map((token) => {
      const [y, next] = cell.step(token, state);
      state = next;
      looked.push(state.weights);
      return y;
    });
    expectNear(logits, stack(stepped, 1));
    expectNear(alignments!, stack(looked, 1));
    for (const [i, leaf] of tensorsOf(final).entries()) expectNear(leaf, tensorsOf(state)[i]!);
  });

  it('that never sees the target writes what greedy generation writes', async () => {
    const model = makeModel();
    const { logits } = model.forward(source, tokens, { sourceMask, teacherForcing: 0, rng: new Rng(1) });
    const written = logits.argmax(2).dataSync();
    for (const [i, length] of [3, 2].entries()) {
      const alone = model.encode(source.slice(0, i, 1).slice(1, 0, length));
      const { memory, state } = model.decoder.begin(alone);
      const expected: number[] = [];
      const options = { cell: model.decoder.over(memory), state, prompt: [bos], length: 4, choose: greedy() };
      for await (const token of generate(options)) expected.push(token);
      expect([...written].slice(4 * i, 4 * i + 4)).toEqual(expected);
    }
  });

  it('reads the true token or its own as the coins fall', () => {
    const { decoder } = makeModel();
    const { memory, state } = decoder.begin(makeModel().encode(source));
    const cell = decoder.over(memory);
    const ratio = 0.5;
    const actual = decoder.forward(makeModel().encode(source), tokens, { teacherForcing: ratio, rng: new Rng(3) });
    const xs = decoder.embedding.forward(tokens);
    const coins = unstack(withCoins(xs, ratio, new Rng(3)).slice(2, size, 1).cast('int32'), 1);
    expect([...coins[0]!.dataSync()]).toEqual([1, 1]);
    expect(new Set(coins.flatMap((coin) => [...coin.dataSync()]))).toEqual(new Set([0, 1]));
    let [now, own] = [state, tokens.slice(1, 0, 1)];
    const expected = tokens.split(1, 4).map((truth, t) => {
      const [logits, next] = cell.step(where(coins[t]!, truth, own), now);
      [now, own] = [next, logits.argmax(1).expandDims(1)];
      return logits;
    });
    expectNear(actual.logits, stack(expected, 1));
  });

  it('needs a probability for teacher forcing, and an rng below 1', () => {
    const model = makeModel();
    expect(() => model.forward(source, tokens, { teacherForcing: 0.5 })).toThrow('an rng must be given');
    expect(() => model.forward(source, tokens, { teacherForcing: 1.5, rng: new Rng(1) })).toThrow('a probability');
  });

  it('drops out only where an rng is given', () => {
    const model = makeModel({ dropout: 0.5 });
    const run = (seed?: number): Tensor =>
      model.forward(source, tokens, seed === undefined ? {} : { rng: new Rng(seed) }).logits;
    expectNear(run(), makeModel().forward(source, tokens).logits);
    expectNear(run(1), run(1));
    expect([...run(1).dataSync()]).not.toEqual([...run().dataSync()]);
  });

  it('with tied weights lists the table once and adds up its gradients', () => {
    const model = makeModel();
    const names = namedParameters(model).map(([name]) => name);
    expect(names.filter((name) => name.endsWith('embedding.weight') || name.includes('output'))).toEqual([
      'embedding.weight',
      'decoder.output.bias',
    ]);
    // The same model with three tables of the same numbers.
    const rng = new Rng(9);
    const copy = (): Embedding => {
      const table = castParameters(new Embedding({ count, size, rng }), 'float64');
      table.weight.value = model.embedding!.weight.value.detach();
      return table;
    };
    const output = castParameters(new Linear({ inputSize: size, outputSize: count, rng }), 'float64');
    output.weight.value = model.embedding!.weight.value.detach();
    output.bias!.value = output.bias!.value.mul(0);
    const { decoder, bridge } = model.decoder;
    const untied = new EncoderDecoder({
      embedding: copy(),
      encoder: model.encoder,
      decoder: new TokenDecoder({ embedding: copy(), decoder, bridge, output }),
    });
    const loss = (run: typeof model) => run.forward(source, tokens, { sourceMask }).logits.square().sum();
    const [tied] = valueAndGrad(() => loss(model), [model.embedding!.weight]).grads;
    const tables = [untied.embedding!.weight, untied.decoder.embedding.weight, output.weight];
    expectNear(
      tied,
      valueAndGrad(() => loss(untied), tables).grads.reduce((a, b) => a.add(b)),
      1e-9,
    );
  });

  it('whose decoder reads its own tokens is compiled, and scanReport says so', async () => {
    withBackend(await wasm({ relaxedSimd: false }), () => {
      const model = castParameters(makeModel(), 'float32');
      const { memory } = model.decoder.begin(
        model.encode(
          tensor(
            [
              [3, 4, 5],
              [6, 2, 0],
            ],
            { dtype: 'int32' },
          ),
        ),
      );
      const { embedding, output, decoder } = model.decoder;
      const report = scanReport(new ScheduledSampling({ cell: decoder.over(memory), embedding, output }), {
        batch: 2,
        vjp,
      });
      expect(report).toMatchObject({ traced: true, forwards: { compiled: true }, backwards: { compiled: true } });
    });
  });

  it('says what does not fit', () => {
    const rng = new Rng(1);
    const embedding = new Embedding({ count, size, rng });
    const decoder = new PlainDecoder({ cell: new GruCell({ inputSize: size + 1, hiddenSize: size, rng }) });
    const output = new TiedLinear({ embedding });
    expect(() => new TokenDecoder({ embedding, decoder, bridge: zeroBridge, output })).toThrow(
      'the embedding gives 3 features, the decoder reads 4',
    );
    const encoder = gru({ inputSize: 2, hiddenSize: size, rng });
    expect(() => new EncoderDecoder({ embedding, encoder, decoder: makeModel().decoder })).toThrow(
      'the encoder reads 2',
    );
  });
});

describe('bridges', () => {
  it('say how much of a source a LinearBridge reads', () => {
    const cell = new GruCell({ inputSize: 2, hiddenSize: 3, rng });
    const [ys, final] = lstm({ inputSize: 4, hiddenSize: 3, rng }).forward(rng.normal([2, 5, 4]));
    const bridge = new LinearBridge({ inputSize: 3, cell, rng });
    expect(() => bridge.start({ ys, final }, cell)).toThrow(
      'LinearBridge: what it reads of the source has 6 features, its',
    );
  });

  const rng = new Rng(2);
  const xs = rng.normal([2, 4, 2]);
  const encode = (layer: ReturnType<typeof lstm>) => {
    const [ys, final] = layer.forward(xs);
    return { ys, final };
  };
  const cell = (hiddenSize: number): LstmCell => new LstmCell({ inputSize: 2, hiddenSize, rng });
  const paths = (state: State): string =>
    tensorsOf(state)
      .map(({ shape }) => shape.join('×'))
      .join(' ');

  it('last state: the same cell goes on; of a stack the highest; two directions side by side; a stack as a stack', () => {
    const one = encode(lstm({ inputSize: 2, hiddenSize: 3, layers: 2, rng }));
    expectNear(lastStateBridge.start(one, cell(3)).c, (one.final[1] as { c: Tensor }).c);
    const both = encode(lstm({ inputSize: 2, hiddenSize: 3, bidirectional: true, rng }));
    const last = both.final[0] as { forward: { h: Tensor }; backward: { h: Tensor } };
    expectNear(lastStateBridge.start(both, cell(6)).h, concat([last.forward.h, last.backward.h], 1));
    const tower: RecurrentCell = new StackedCells({
      cells: [cell(3), new LstmCell({ inputSize: 3, hiddenSize: 3, rng })],
    });
    expect(lastStateBridge.start(one, tower)).toEqual(one.final);
    expect(() => lastStateBridge.start(both, cell(3))).toThrow('Use a LinearBridge');
    expect(() => lastStateBridge.start(one, new GruCell({ inputSize: 2, hiddenSize: 3, rng }))).toThrow('LinearBridge');
  });

  it('linear: tanh(W s + b) of all that the encoder ends with, cut into the state of whatever cell', () => {
    const both = encode(lstm({ inputSize: 2, hiddenSize: 3, bidirectional: true, rng }));
    const decoder = cell(5);
    const bridge = new LinearBridge({ inputSize: 12, cell: decoder, rng });
    const state = bridge.start(both, decoder);
    expect(paths(state)).toBe('2×5 2×5');
    const expected = bridge.linear.forward(concat(tensorsOf(both.final), 1)).tanh();
    expectNear(concat([state.h, state.c], 1), expected, 1e-6);
    const identity = new LinearBridge({
      inputSize: 6,
      cell: decoder,
      rng,
      activation: (x) => x,
      read: ({ final }) => hiddenOf(final),
    });
    expect(paths(identity.start(both, decoder))).toBe('2×5 2×5');
  });

  it('zero: the initial state of the cell, in the dtype of the source', () => {
    const state = zeroBridge.start({ ys: xs.cast('float64'), final: xs }, cell(4));
    expect(paths(state)).toBe('2×4 2×4');
    expect(state.h.dtype).toBe('float64');
    expect(state.h.abs().max().item()).toBe(0);
  });
});

describe('a vector as a source', () => {
  it('starts a decoder, or is read at each step, and each vector tells something else', () => {
    const rng = new Rng(5);
    const embedding = new Embedding({ count, size, rng });
    const vectors = rng.normal([2, 4]);
    const plain = new PlainDecoder({ cell: new GruCell({ inputSize: size, hiddenSize: size, rng }) });
    const starts = new TokenDecoder({
      embedding,
      decoder: plain,
      bridge: new LinearBridge({ inputSize: 4, cell: plain.cell, rng }),
      output: new Linear({ inputSize: size, outputSize: count, rng }),
    });
    const reading = new FixedContextDecoder({
      cell: new GruCell({ inputSize: size + 4, hiddenSize: size, rng }),
      contextSize: 4,
    });
    const reads = new TokenDecoder({
      embedding,
      decoder: reading,
      bridge: zeroBridge,
      output: new Linear({ inputSize: reading.outputSize, outputSize: count, rng }),
    });
    const same = tokens.slice(0, 0, 1).broadcastTo([2, 4]);
    for (const decoder of [starts, reads]) {
      const { logits, alignments } = decoder.forward(vectorSource(vectors), same);
      expect(logits.shape).toEqual([2, 4, count]);
      expect(alignments).toBeUndefined();
      const [first, second] = unstack(logits);
      expect(first!.sub(second!).abs().max().item()).toBeGreaterThan(1e-3);
    }
  });
});
