import { GruCell, LstmCell } from '@unroll/cells';
import { Linear, dropout } from '@unroll/layers';
import { Rng, type Tensor, castParameters, concat, namedParameters, tensor, withProbes } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { AdditiveScore } from '../attention/additive.ts';
import { Bidirectional } from '../bidirectional.ts';
import { hiddenOf } from '../hidden-of.ts';
import { ManyToMany } from '../many-to-many.ts';
import { sumMerge } from '../merge.ts';
import { gru, lstm, rnn } from '../presets.ts';
import { Unidirectional } from '../unidirectional.ts';
import { AttentionPooling } from './attention-pooling.ts';
import { ManyToOne } from './many-to-one.ts';
import { lastState, maxPooling, meanPooling } from './pooling.ts';

const rng = new Rng(1);
const xs = rng.normal([3, 4, 2]);
const mask = tensor([
  [1, 1, 1, 1],
  [1, 1, 0, 0],
  [0, 0, 0, 0],
]);

function expectNear(actual: Tensor, expected: Tensor, tolerance = 1e-6): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.sub(expected).abs().max().item()).toBeLessThan(tolerance);
}

describe('many to one', () => {
  const layer = gru({ inputSize: 2, hiddenSize: 3, bidirectional: true, rng });
  const [ys, final] = layer.forward(xs, { mask });
  const row = (i: number, t: number, from = 0, size = 6): Tensor =>
    ys.slice(0, i, 1).slice(1, t, 1).slice(2, from, size).reshape([1, size]);

  it('last state: of the forward direction at the true end, of the backward one at the start', () => {
    const [y, state] = new ManyToOne({ layer, pooling: lastState() }).forward(xs, { mask });
    expectNear(y.slice(0, 0, 1), concat([row(0, 3, 0, 3), row(0, 0, 3, 3)], 1));
    expectNear(y.slice(0, 1, 1), concat([row(1, 1, 0, 3), row(1, 0, 3, 3)], 1));
    expectNear(hiddenOf(state), hiddenOf(final));
  });

  it('mean and maximum over live steps, 0 where there are none', () => {
    const pooled = [meanPooling, maxPooling].map(
      (pooling) => new ManyToOne({ layer, pooling }).forward(xs, { mask })[0],
    );
    const [a, b] = [row(1, 0), row(1, 1)];
    expectNear(pooled[0]!.slice(0, 1, 1), a.add(b).div(2));
    expectNear(pooled[1]!.slice(0, 1, 1), a.maximum(b));
    for (const y of pooled) expect([...y.slice(0, 2, 1).dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
    expectNear(new ManyToOne({ layer, pooling: meanPooling }).forward(xs)[0], layer.forward(xs)[0].mean(1));
    expectNear(new ManyToOne({ layer, pooling: maxPooling }).forward(xs)[0], layer.forward(xs)[0].max(1));
  });

  it('attention: an average by weights that can be looked at and watched', () => {
    const score = new AdditiveScore({ querySize: 4, keySize: 6, attentionSize: 3, rng });
    const pooling = new AttentionPooling({ score, querySize: 4, rng });
    const watched: Tensor[] = [];
    const watch = (name: string, value: Tensor): void => {
      if (name === 'attention') watched.push(value);
    };
    const [y] = withProbes(watch, () => new ManyToOne({ layer, pooling }).forward(xs, { mask }));
    const { weights, context } = pooling.look({ ys, mask });
    expectNear(watched[0]!, weights);
    expectNear(y, context);
    expectNear(weights.sum(1), tensor([1, 1, 0]));
    expectNear(y, weights.expandDims(2).mul(ys).sum(1));
  });

  it('a classifier reads what the pooling gives; with an rng, after dropout', () => {
    const output = new Linear({ inputSize: 6, outputSize: 5, rng });
    const model = new ManyToOne({ layer, pooling: meanPooling, output, dropout: 0.5 });
    const pooled = new ManyToOne({ layer, pooling: meanPooling }).forward(xs, { mask })[0];
    expect([model.inputSize, model.outputSize]).toEqual([2, 5]);
    expectNear(model.forward(xs, { mask })[0], output.forward(pooled));
    expectNear(model.forward(xs, { mask, rng: new Rng(4) })[0], output.forward(dropout(pooled, 0.5, new Rng(4))));
    expect(namedParameters(model).filter(([name]) => name.startsWith('output')).length).toBe(2);
    const wrong = new Linear({ inputSize: 3, outputSize: 5, rng });
    expect(() => new ManyToOne({ layer, pooling: meanPooling, output: wrong })).toThrow(
      '6 features, the output reads 3',
    );
  });

  it('names what is no pooling', () => {
    const layer = gru({ inputSize: 2, hiddenSize: 3, rng: new Rng(1) });
    // @ts-expect-error what JavaScript users may pass
    expect(() => new ManyToOne({ layer, pooling: lastState })).toThrow('the pooling is a function. Give lastState(), ');
    // @ts-expect-error the same
    expect(() => new ManyToOne({ layer })).toThrow('the pooling is undefined. Give lastState(), meanPooling');
  });

  it('says so where the pooling gives another size', () => {
    const cell = (): GruCell => new GruCell({ inputSize: 2, hiddenSize: 3, rng });
    const summed = new Bidirectional({ forwardCell: cell(), backwardCell: cell(), merge: sumMerge });
    expect(() => new ManyToOne({ layer: summed, pooling: lastState() }).forward(xs)).toThrow('say the size');
    expect(new ManyToOne({ layer: summed, pooling: lastState({ size: 6 }) }).forward(xs)[0].shape).toEqual([3, 6]);
    expect(() => hiddenOf({ memory: xs })).toThrow('which part is the hidden state');
  });
});

describe('many to many', () => {
  it('reads each step, and is 0 at masked ones; other sizes are refused', () => {
    const layer = lstm({ inputSize: 2, hiddenSize: 3, rng });
    const output = new Linear({ inputSize: 3, outputSize: 5, rng });
    const [logits] = new ManyToMany({ layer, output }).forward(xs, { mask });
    expectNear(logits.slice(0, 0, 1), output.forward(layer.forward(xs)[0]).slice(0, 0, 1));
    expect(logits.slice(0, 2, 1).abs().max().item()).toBe(0);
    expect(() => new ManyToMany({ layer, output: new Linear({ inputSize: 2, outputSize: 5, rng }) })).toThrow(
      'reads 2',
    );
  });
});

describe('both directions unmerged', () => {
  it('are the parts of the concatenation', () => {
    const cell = (): LstmCell => new LstmCell({ inputSize: 2, hiddenSize: 3, rng });
    const layer = new Bidirectional({ forwardCell: cell(), backwardCell: cell() });
    const [{ forward, backward }, final] = layer.directions(xs, { mask });
    const [ys, same] = layer.forward(xs, { mask });
    expectNear(concat([forward, backward], 2), ys);
    expectNear(hiddenOf(final), hiddenOf(same));
  });
});

describe('presets', () => {
  const options = { inputSize: 2, hiddenSize: 3, rng };

  it('build the composition: layers, directions, sizes, states', () => {
    const layer = castParameters(lstm({ ...options, layers: 2, bidirectional: true, dropout: 0.2 }), 'float32');
    const [ys, states] = layer.forward(xs, { mask, rng });
    expect([layer.inputSize, layer.outputSize, layer.layers.length]).toEqual([2, 6, 2]);
    expect(ys.shape).toEqual([3, 4, 6]);
    expect(states.length).toBe(2);
    expect(layer.layers[1]!.inputSize).toBe(6);
    expect(layer.layers[0]).toBeInstanceOf(Bidirectional);
    expect(gru(options).layers[0]).toBeInstanceOf(Unidirectional);
  });

  it('take the nonlinearity of a vanilla cell, and biases', () => {
    const plain = rnn({ ...options, rng: new Rng(3), nonlinearity: (x) => x.relu() });
    expect(plain.forward(xs)[0].less(0).sum().item()).toBe(0);
    expect(
      rnn({ ...options, rng: new Rng(3) })
        .forward(xs)[0]
        .less(0)
        .sum()
        .item(),
    ).toBeGreaterThan(0);
    const cell = (gru({ ...options, bias: false }).layers[0] as Unidirectional<Tensor>).cell as GruCell;
    expect(cell.bias_hh).toBeUndefined();
  });

  it('refuse less than a layer', () => {
    expect(() => lstm({ ...options, layers: 0 })).toThrow('0 layers');
    expect(() => gru({ ...options, layers: 1.5 })).toThrow('1.5 layers');
  });
});
