import { GruCell, LstmCell, type RecurrentCell, Stream, explainScan, scan } from '@unroll/cells';
import { LayerNorm, Linear } from '@unroll/layers';
import { Rng, type Tensor, stack, tensorsOf, unstack } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { Bidirectional } from './bidirectional.ts';
import { cellOf } from './cell-of.ts';
import { ManyToMany } from './many-to-many.ts';
import { ManyToOne } from './many-to-one/many-to-one.ts';
import { lastState, meanPooling } from './many-to-one/pooling.ts';
import { gru, lstm } from './presets.ts';
import type { SequenceLayer } from './sequence-layer.ts';
import { Stacked } from './stacked.ts';
import { Unidirectional } from './unidirectional.ts';
import { NormalizedLayer } from './wrappers/normalized-layer.ts';
import { ResidualLayer } from './wrappers/residual-layer.ts';

const rng = new Rng(1);
const xs = rng.normal([2, 6, 4]);
const near = (x: Tensor, y: Tensor): void => expect(x.sub(y).abs().max().item()).toBeLessThan(1e-6);

const layers: Readonly<Record<string, SequenceLayer>> = {
  Unidirectional: new Unidirectional({ cell: new GruCell({ inputSize: 4, hiddenSize: 3, rng }) }),
  'lstm of three layers': lstm({ inputSize: 4, hiddenSize: 3, layers: 3, dropout: 0.5, rng }),
  ResidualLayer: new ResidualLayer({ layer: gru({ inputSize: 4, hiddenSize: 4, rng }) }),
  'NormalizedLayer, behind': new NormalizedLayer({ layer: gru({ inputSize: 4, hiddenSize: 3, rng }) }),
  'NormalizedLayer, before': new NormalizedLayer({
    layer: gru({ inputSize: 4, hiddenSize: 3, rng }),
    input: new LayerNorm({ size: 4 }),
  }),
  ManyToMany: new ManyToMany({
    layer: new Stacked({
      layers: [
        new ResidualLayer({ layer: lstm({ inputSize: 4, hiddenSize: 4, rng }) }),
        new Unidirectional({ cell: new LstmCell({ inputSize: 4, hiddenSize: 3, rng }) }),
      ],
    }),
    output: new Linear({ inputSize: 3, outputSize: 2, rng }),
  }),
};

describe('cellOf', () => {
  it.each(Object.entries(layers))('gives what the layer gives, with its states: %s', (_name, layer) => {
    const [ys, final] = layer.forward(xs);
    const cell = cellOf(layer);
    expect([cell.inputSize, cell.outputSize]).toEqual([layer.inputSize, layer.outputSize]);
    const [same, state] = scan(cell, xs);
    near(same, ys);
    for (const [i, leaf] of tensorsOf(final).entries()) near(tensorsOf(state)[i]!, leaf);
    // The states are one: a layer goes on from where the cell stood.
    const [head, tail] = xs.split(1, 2);
    near(layer.forward(tail, { state: scan(cell, head)[1] })[0], ys.slice(1, 3, 3));
    const stream = new Stream({ cell, batch: 2 });
    const steps = unstack(xs, 1).map((x) => stream.step(x).detach());
    near(stack(steps, 1), ys);
  });

  it('lets a ManyToOne by its last state answer after each step', () => {
    const output = new Linear({ inputSize: 3, outputSize: 2, rng });
    const model = new ManyToOne({
      layer: lstm({ inputSize: 4, hiddenSize: 3, layers: 2, rng }),
      pooling: lastState(),
      output,
    });
    const cell: RecurrentCell = cellOf(model);
    expect(cell.outputSize).toBe(2);
    const [ys] = scan(cell, xs);
    for (const steps of [1, 4, 6]) {
      near(ys.slice(1, steps - 1, 1).squeeze(1), model.forward(xs.slice(1, 0, steps))[0]);
    }
    expect(explainScan(cell, { batch: 2 })).toContain('Traced');
  });

  it('says what can not go step by step, and why', () => {
    const cell = (): GruCell => new GruCell({ inputSize: 4, hiddenSize: 3, rng });
    const both = new Bidirectional({ forwardCell: cell(), backwardCell: cell() });
    expect(() => cellOf(both)).toThrow("cellOf: a Bidirectional can't go step by step");
    expect(() => cellOf(new Stacked({ layers: [both] }))).toThrow("a Bidirectional can't go");
    const mean = new ManyToOne({ layer: new Unidirectional({ cell: cell() }), pooling: meanPooling });
    expect(() => cellOf(mean)).toThrow('its pooling reads the whole sequence');
    // @ts-expect-error what JavaScript users may pass
    expect(() => cellOf(cell())).toThrow('cellOf: a GruCell is a cell already. Take it as it is.');
    // @ts-expect-error the same
    expect(() => cellOf(undefined)).toThrow('cellOf: undefined was given, not a layer. Give one');
  });
});

describe('a layer in the place of a cell', () => {
  it('is named, with what makes a cell of it', () => {
    const layer = gru({ inputSize: 4, hiddenSize: 3, rng });
    const text = 'a layer (Stacked) was given, not a cell. cellOf(layer) of @unroll/architectures makes one';
    // @ts-expect-error what JavaScript users may pass
    expect(() => new Stream({ cell: layer })).toThrow(`Stream: ${text}`);
    // @ts-expect-error the same
    expect(() => scan(layer, xs)).toThrow(`scan: ${text}`);
    // @ts-expect-error the same
    expect(() => new Unidirectional({ cell: layer })).toThrow(`Unidirectional: ${text}`);
    // @ts-expect-error the same
    expect(() => new Bidirectional({ cell: layer })).toThrow('forwardCell: undefined was given, not a cell');
    // @ts-expect-error the same
    expect(() => scan(undefined, xs)).toThrow('scan: undefined was given, not a cell. Give one, as new LstmCell');
    // @ts-expect-error the same
    expect(() => scan(cellOf(layer), xs, { rng: 7 })).toThrow(
      'scan: it draws random numbers from an rng; a number was',
    );
    // @ts-expect-error the same
    expect(() => scan(cellOf(layer), [[[1, 2, 3, 4]]])).toThrow(
      'scan: xs is an array. Make a tensor of it: tensor(xs).',
    );
    // @ts-expect-error the same
    expect(() => scan(cellOf(layer))).toThrow('scan: xs is undefined, no tensor. Make a tensor of it: tensor(xs).');
    // @ts-expect-error the same
    expect(() => scan(null, xs)).toThrow('scan: null was given, not a cell.');
  });
});
