import { valueAndGrad } from '@unroll/autograd';
import {
  AdditiveScore,
  AttentionDecoder,
  EncoderDecoder,
  LinearBridge,
  TiedLinear,
  TokenDecoder,
  beamSearch,
  gru,
  plainReadout,
  sourceModel,
} from '@unroll/architectures';
import { GruCell } from '@unroll/cells';
import { decodeModel, encodeModel, loadStateDict } from '@unroll/io';
import { Embedding, crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { Rng, parametersOf, tensor } from '@unroll/tensor';
import { expect, it } from 'vitest';

const [count, size] = [9, 6];
const source = tensor(
  [
    [4, 5, 6, 7],
    [5, 4, 0, 0],
  ],
  { dtype: 'int32' },
);
const sourceMask = tensor([
  [1, 1, 1, 1],
  [1, 1, 0, 0],
]);
const tokens = tensor(
  [
    [1, 7, 6],
    [1, 4, 3],
  ],
  { dtype: 'int32' },
);

/** One table for the source, for the target and for the logits. */
function translator(seed: number) {
  const rng = new Rng(seed);
  const embedding = new Embedding({ count, size, rng });
  const cell = new GruCell({ inputSize: 3 * size, hiddenSize: size, rng });
  const score = new AdditiveScore({ querySize: size, keySize: 2 * size, attentionSize: 4, rng });
  return new EncoderDecoder({
    embedding,
    encoder: gru({ inputSize: size, hiddenSize: size, bidirectional: true, rng }),
    decoder: new TokenDecoder({
      embedding,
      decoder: new AttentionDecoder({ cell, score, valueSize: 2 * size, readout: plainReadout }),
      bridge: new LinearBridge({ inputSize: 2 * size, cell, rng, read: ({ ys }) => ys.mean(1) }),
      output: new TiedLinear({ embedding }),
    }),
  });
}

type Translator = ReturnType<typeof translator>;

const logitsOf = (model: Translator) => model.forward(source, tokens, { sourceMask }).logits;

const translations = (model: Translator) =>
  beamSearch({
    model: () => sourceModel(model.decoder, model.encode(source, { mask: sourceMask })),
    start: 1,
    end: 2,
    maxLength: 5,
    beamSize: 3,
  });

it('an encoder-decoder whose tables are one is trained, saved, loaded and searched with one table', async () => {
  const model = translator(1);
  const parameters = parametersOf(model);
  const optimizer = new Adam({ parameters, learningRate: 0.01 });
  const { grads } = valueAndGrad(() => crossEntropy(logitsOf(model), tokens), parameters);
  optimizer.step(grads);

  const { state } = decodeModel(await encodeModel({ model, config: {} }));
  const tables = [...state].filter(([, { shape }]) => shape.join() === `${count},${size}`);
  expect(tables.map(([name]) => name)).toEqual(['embedding.weight']);

  const other = translator(2);
  expect([...logitsOf(other).dataSync()]).not.toEqual([...logitsOf(model).dataSync()]);
  loadStateDict(other, state);
  expect(other.decoder.output.weight).toBe(other.embedding!.weight);
  expect([...logitsOf(other).dataSync()]).toEqual([...logitsOf(model).dataSync()]);
  expect(await translations(other)).toEqual(await translations(model));
});
