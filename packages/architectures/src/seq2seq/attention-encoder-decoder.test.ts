import { crossEntropy } from '@unroll/layers';
import { Rng, type Tensor, parametersOf, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { beamSearch } from '../decoding/beam-search.ts';
import { forbiddenTokens } from '../decoding/token-constraint.ts';
import { sourceModel } from '../decoding/token-model.ts';
import { translate } from '../decoding/translate.ts';
import { attentionEncoderDecoder } from './attention-encoder-decoder.ts';

const sizes = { sourceCount: 6, targetCount: 5, embeddingSize: 3, hiddenSize: 2, layers: 2 };
const model = attentionEncoderDecoder({ ...sizes, rng: new Rng(1) });
const ids = (rows: readonly (readonly number[])[]): Tensor =>
  tensor(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0]!.length] });
const [start, end] = [1, 2];
const source = {
  tokens: ids([
    [3, 4, 5],
    [5, 3, 0],
  ]),
  mask: tensor([
    [1, 1, 1],
    [1, 1, 0],
  ]),
};
const target = {
  inputs: ids([
    [start, 3, 4, 3],
    [start, 4, 0, 0],
  ]),
  targets: ids([
    [3, 4, 3, end],
    [4, end, 0, 0],
  ]),
  mask: tensor([
    [1, 1, 1, 1],
    [1, 1, 0, 0],
  ]),
};

describe('the encoder-decoder with attention', () => {
  it('gives logits of the target and where it looked, and padding changes neither', () => {
    const { logits, alignments } = model.forward(source.tokens, target.inputs, {
      sourceMask: source.mask,
      mask: target.mask,
    });
    expect([logits.shape, alignments?.shape]).toEqual([
      [2, 4, 5],
      [2, 4, 3],
    ]);
    const alone = model.forward(ids([[5, 3]]), ids([[start, 4]]));
    const near = (a: Tensor, b: Tensor): void => expect(a.sub(b).abs().max().item()).toBeLessThan(1e-6);
    near(logits.slice(0, 1, 1).slice(1, 0, 2), alone.logits);
    near(alignments!.slice(0, 1, 1).slice(1, 0, 2).slice(2, 0, 2), alone.alignments!);
  });

  it('is drawn from its rng alone', () => {
    const [one, other] = [1, 1].map((seed) => attentionEncoderDecoder({ ...sizes, rng: new Rng(seed) }));
    const values = (made: object): unknown => parametersOf(made).map(({ value }) => value.dataSync());
    expect(values(one!)).toEqual(values(other!));
  });

  it('drops only in a call with an rng', () => {
    const dropping = attentionEncoderDecoder({ ...sizes, dropout: 0.5, rng: new Rng(1) });
    const loss = (options = {}): number => dropping.loss(source, target, options).item();
    expect(loss()).toBe(model.loss(source, target).item());
    expect(loss({ rng: new Rng(1) })).not.toBe(loss());
    expect(loss({ rng: new Rng(1) })).toBe(loss({ rng: new Rng(1) }));
  });
});

describe('the loss of an encoder-decoder', () => {
  it('is the cross-entropy of what it gives', () => {
    const { logits } = model.forward(source.tokens, target.inputs, { sourceMask: source.mask, mask: target.mask });
    const { targets, mask } = target;
    expect(model.loss(source, target).item()).toBe(crossEntropy(logits, targets, { mask }).item());
    const labelSmoothing = 0.1;
    const smooth = crossEntropy(logits, targets, { mask, labelSmoothing }).item();
    expect(model.loss(source, target, { labelSmoothing }).item()).toBe(smooth);
  });

  it('needs no masks where nothing is padded', () => {
    const [tokens, inputs, targets] = [ids([[3, 4, 5]]), ids([[start, 3]]), ids([[3, end]])];
    const ones = { mask: tensor([[1, 1]]) };
    const masked = model.loss({ tokens, mask: tensor([[1, 1, 1]]) }, { inputs, targets, ...ones });
    expect(model.loss({ tokens }, { inputs, targets }).item()).toBeCloseTo(masked.item(), 6);
  });
});

describe('translate', () => {
  const how = { start, end, maxLength: 6 };

  it('gives the best hypothesis of a beam search, without its end', async () => {
    for (const beamSize of [1, 4]) {
      const searched = await beamSearch({
        model: () => sourceModel(model.decoder, model.encode(source.tokens, { mask: source.mask })),
        ...how,
        beamSize,
      });
      const expected = searched.map(([best]) => best!.tokens.filter((token) => token !== end));
      expect(await translate({ model, source, ...how, beamSize })).toEqual(expected);
    }
  });

  it('cuts nothing off a translation that found no end', async () => {
    const constraints = [forbiddenTokens([end])];
    const found = await translate({ model, source, ...how, constraints });
    expect(found.map(({ length }) => length)).toEqual([6, 6]);
  });
});
