import {
  AdditiveScore,
  AttentionDecoder,
  Bidirectional,
  DotScore,
  Stacked,
  Unidirectional,
} from '@unroll/architectures';
import { GruCell, LayerNormLstmCell, LstmCell, type RecurrentCell, StackedCells, scan } from '@unroll/cells';
import { Parameter, Rng, type Tensor, probe, softmax, tensor, zeros } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { inspect, inspectRun, probed, unitsOverTime } from './index.ts';

const rng = new Rng(1);
const xs = rng.normal([2, 20, 3]);
const mask = tensor(
  Float32Array.from({ length: 40 }, (_, i) => (i >= 33 ? 0 : 1)),
  { shape: [2, 20] },
);

describe('inspection of a layer', () => {
  it('gives the gates and states that the equations give, though a scan is compiled', async () => {
    const cell = new LstmCell({ inputSize: 3, hiddenSize: 4, rng });
    const series = await inspect(cell, xs);
    expect([...series.keys()]).toEqual(['i', 'f', 'g', 'o', 'c', 'h']);
    const [ys] = scan(cell, xs);
    for (const [i, y] of ys.dataSync().entries()) expect(series.get('h')!.data[i]).toBeCloseTo(y, 5);
    const at = (name: string, index: number): number => series.get(name)!.data[index]!;
    for (const { shape } of series.values()) expect(shape).toEqual([2, 20, 4]);
    for (let index = 4; index < 80; index++) {
      // c′ = f∘c + i∘g
      const c = at('f', index) * at('c', index - 4) + at('i', index) * at('g', index);
      expect(at('c', index)).toBeCloseTo(c, 5);
    }
  });

  it('names each value by the path of its cell, in stacks, inside of cells with parts, and in both directions', async () => {
    const layers = new Stacked({
      layers: [
        new Unidirectional({ cell: new GruCell({ inputSize: 3, hiddenSize: 4, rng }) }),
        new Unidirectional({
          cell: new StackedCells({
            cells: [
              new LayerNormLstmCell({ inputSize: 4, hiddenSize: 5, rng }),
              new LstmCell({ inputSize: 5, hiddenSize: 2, rng }),
            ],
          }),
        }),
        new Bidirectional({
          forwardCell: new GruCell({ inputSize: 2, hiddenSize: 3, rng }),
          backwardCell: new GruCell({ inputSize: 2, hiddenSize: 3, rng }),
        }),
      ],
    });
    const series = await inspect(layers, xs);
    const gates = (path: string, names: string): string[] => names.split('').map((name) => `${path}.${name}`);
    expect([...series.keys()].toSorted()).toEqual(
      [
        ...gates('layers.0.cell', 'rznh'),
        ...gates('layers.1.cell.cells.0', 'ifgoch'),
        ...gates('layers.1.cell.cells.1', 'ifgoch'),
        ...gates('layers.2.forwardCell', 'rznh'),
        ...gates('layers.2.backwardCell', 'rznh'),
      ].toSorted(),
    );
    // Both directions stand in reading order.
    const [ys] = layers.forward(xs);
    const y = ys.dataSync();
    for (const [offset, name] of ['layers.2.forwardCell.h', 'layers.2.backwardCell.h'].entries()) {
      const h = series.get(name)!.data;
      for (let i = 0; i < 40; i++) expect(h[i * 3]).toBeCloseTo(y[i * 6 + offset * 3]!, 5);
    }
  });

  it('is blank where there is padding', async () => {
    const cell = new GruCell({ inputSize: 3, hiddenSize: 2, rng });
    const series = await inspect(cell, xs, { mask });
    for (const { data } of series.values()) {
      for (const [i, x] of data.entries()) expect(Number.isNaN(x)).toBe(i >= 66);
    }
  });

  it('starts from a given state, and from what a model is made of, if the layer does not show it', async () => {
    const model = { cell: new LstmCell({ inputSize: 3, hiddenSize: 2, rng }) };
    const [, state] = scan(model.cell, xs);
    const bound: RecurrentCell<typeof state> = {
      inputSize: 3,
      outputSize: 2,
      initialState: (batch) => model.cell.initialState(batch),
      step: (x, s) => model.cell.step(x, s),
    };
    const series = await inspect(bound, xs, { state, model });
    const [ys] = scan(model.cell, xs, { state });
    expect(series.get('cell.h')!.data[0]).toBeCloseTo(ys.dataSync()[0]!, 5);
  });

  it('gives attention over time, under one name, though a dot product has no parameters', async () => {
    const keys = rng.normal([2, 6, 4]);
    const model = { cell: new GruCell({ inputSize: 3, hiddenSize: 4, rng }), readout: new Parameter(rng.normal([4])) };
    const attentive: RecurrentCell<Tensor> = {
      inputSize: 3,
      outputSize: 4,
      initialState: (batch) => zeros([batch, 4]),
      step(x, h) {
        const weights = probe('attention', softmax(keys.mul(h.expandDims(1)).sum(-1)));
        const [, next] = model.cell.step(x, h);
        return [next.add(weights.sum(-1, { keepDims: true })), next];
      },
    };
    const series = await inspectRun(model, () => {
      rng.normal([2, 4]).mul(model.readout);
      return scan(attentive, xs);
    });
    expect(series.get('cell.attention')!.shape).toEqual([2, 20, 6]);
    expect(series.size).toBe(5);
    const picture = unitsOverTime(series.get('cell.attention')!, 1);
    expect(picture).toMatchObject({ rows: 6, columns: 20 });
    for (let t = 0; t < 20; t++) {
      let sum = 0;
      for (let source = 0; source < 6; source++) sum += picture.data[source * 20 + t]!;
      expect(sum).toBeCloseTo(1, 5);
    }
  });

  it('gives the attention of decoders, the first step included', async () => {
    const source = rng.normal([2, 7, 5]);
    const sourceMask = tensor(
      Float32Array.from({ length: 14 }, (_, i) => (i > 10 ? 0 : 1)),
      { shape: [2, 7] },
    );
    const scores = {
      'decoder.cell.attention': new DotScore(),
      attention: new AdditiveScore({ querySize: 5, keySize: 5, attentionSize: 4, rng }),
    };
    for (const [name, score] of Object.entries(scores)) {
      const cell = new GruCell({ inputSize: 8, hiddenSize: 5, rng });
      const decoder = new AttentionDecoder({ cell, score, valueSize: 5 });
      const bound = decoder.over(decoder.remember({ ys: source, mask: sourceMask }));
      const series = await inspect(bound, xs);
      expect(series.get(name)!.shape).toEqual([2, 20, 7]);
      expect(series.get('decoder.cell.h')!.shape).toEqual([2, 20, 5]);
      const picture = unitsOverTime(series.get(name)!, 1);
      for (let t = 0; t < 20; t++) {
        const column = Array.from({ length: 7 }, (_, i) => picture.data[i * 20 + t]!);
        expect(column.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 5);
        expect(column.slice(4)).toEqual([0, 0, 0]);
      }
    }
  });

  it('shows the state of a cell that names nothing, once it is probed', async () => {
    const counter: RecurrentCell<Tensor> = {
      inputSize: 3,
      outputSize: 1,
      initialState: (batch) => zeros([batch, 1]),
      step: (x, n) => [x.sum(-1, { keepDims: true }), n.add(1)],
    };
    const series = await inspect(probed(counter), xs);
    expect([...series.keys()]).toEqual(['y', 'state']);
    expect([...(unitsOverTime(series.get('state')!).data as Float64Array)]).toEqual(
      Array.from({ length: 20 }, (_, t) => t + 1),
    );
    expect(() => unitsOverTime(series.get('state')!, 2)).toThrow('there is no example 2; the batch has 2');
  });
});
