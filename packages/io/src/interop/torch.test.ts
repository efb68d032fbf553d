import { GruCell, LstmCell, ProjectedLstmCell, type RecurrentCell, type State, VanillaCell, scan } from '@unroll/cells';
import { type RnnLayerCase, decodeTensor, float32Tolerance, goldenCases, mismatch } from '@unroll/fixtures';
import { Linear } from '@unroll/layers';
import { Rng, type Tensor, concat, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { loadStateDict } from '../load-state-dict.ts';
import type { SafetensorsTensor } from '../safetensors/dtypes.ts';
import { stateDictSync } from '../state-dict.ts';
import { fromTorchNames, toTorchNames } from './torch.ts';

const rng = new Rng(1);
const wholeSequences = goldenCases('rnn_layer').filter(({ lengths }) => lengths === null);

/** A layer as `@unroll/architectures` names its parts. */
type Layer =
  | { readonly cell: RecurrentCell }
  | { readonly forwardCell: RecurrentCell; readonly backwardCell: RecurrentCell };

function layersOf({ cfg }: RnnLayerCase): readonly Layer[] {
  const { bidirectional, hidden_size: hiddenSize, proj_size: projectedSize = 0, bias } = cfg;
  const outputSize = (projectedSize || hiddenSize) * (bidirectional ? 2 : 1);
  return Array.from({ length: cfg.num_layers }, (_, level) => {
    const options = { inputSize: level === 0 ? cfg.input_size : outputSize, hiddenSize, bias, rng };
    const make = (): RecurrentCell => {
      if (cfg.cell === 'GRU') return new GruCell(options);
      if (cfg.cell === 'LSTM')
        return projectedSize ? new ProjectedLstmCell({ ...options, projectedSize }) : new LstmCell(options);
      return new VanillaCell({ ...options, nonlinearity: (x) => (cfg.nonlinearity === 'relu' ? x.relu() : x.tanh()) });
    };
    return bidirectional ? { forwardCell: make(), backwardCell: make() } : { cell: make() };
  });
}

/** The outputs of all layers, [batch, time, …]. */
function run({ h_0, c_0, cfg }: RnnLayerCase, layers: readonly Layer[], xs: Tensor): Tensor {
  const take = (states: RnnLayerCase['h_0'], row: number): Tensor | undefined =>
    states ? decode(states).slice(0, row, 1).squeeze(0) : undefined;
  const ran = (cell: RecurrentCell, row: number, inputs: Tensor): Tensor => {
    const [h, c] = [take(h_0, row), take(c_0, row)];
    const state: State | undefined = h && (c ? { h, c } : h);
    return scan(cell, inputs, { state })[0];
  };
  let ys = xs;
  for (const [level, layer] of layers.entries()) {
    const row = level * (cfg.bidirectional ? 2 : 1);
    ys =
      'cell' in layer
        ? ran(layer.cell, row, ys)
        : concat([ran(layer.forwardCell, row, ys), ran(layer.backwardCell, row + 1, ys.reverse(1)).reverse(1)], 2);
  }
  return ys;
}

const decode = (encoded: Parameters<typeof decodeTensor>[0]): Tensor => {
  const { shape, data } = decodeTensor(encoded);
  return tensor(data, { shape, dtype: 'float32' });
};

describe('weights of PyTorch', () => {
  it.each(wholeSequences.map((golden) => [golden.id, golden] as const))('load and run as there: %s', (_id, golden) => {
    const state = new Map<string, SafetensorsTensor>();
    for (const [name, value] of Object.entries(golden.params)) {
      const { shape, data } = decodeTensor(value);
      state.set(`encoder.rnn.${name}`, { dtype: 'F32', shape, data: Float32Array.from(data) });
    }
    const model = { encoder: { rnn: { layers: layersOf(golden) } } };
    loadStateDict(model, fromTorchNames(state));
    expect(new Set(toTorchNames(stateDictSync(model)).keys())).toEqual(new Set(state.keys()));

    const { batch_first: isBatchFirst } = golden.cfg;
    const x = decode(golden.x);
    const ys = run(golden, model.encoder.rnn.layers, isBatchFirst ? x : x.transpose([1, 0, 2]));
    const y = isBatchFirst ? ys : ys.transpose([1, 0, 2]);
    expect(mismatch(y, golden.expected.y, float32Tolerance(golden.f32_max_abs_err.y))).toBeUndefined();
  });

  it('are recognised where they were not renamed', () => {
    const value: SafetensorsTensor = { dtype: 'F32', shape: [1], data: Float32Array.of(1) };
    expect(() => loadStateDict({}, { weight_ih_l0: value })).toThrow('are of PyTorch: load fromTorchNames(state).');
    expect(() => loadStateDict({}, { weight: value })).toThrow(/with the option rename\.$/);
  });

  it('keep their names where PyTorch has the same', () => {
    const model = {
      fc: new Linear({ inputSize: 2, outputSize: 3, rng }),
      cell: new GruCell({ inputSize: 2, hiddenSize: 2, rng }),
    };
    const state = stateDictSync(model);
    const names = ['fc.weight', 'fc.bias', 'cell.weight_ih', 'cell.weight_hh', 'cell.bias_ih', 'cell.bias_hh'];
    expect([...fromTorchNames(state).keys()]).toEqual(names);
    expect([...toTorchNames(state).keys()]).toEqual(names);
  });

  it('never come to one name, of which a tensor would be lost', () => {
    const value: SafetensorsTensor = { dtype: 'F32', shape: [1], data: Float32Array.of(1) };
    const both = { 'rnn.weight_ih_l0': value, 'rnn.layers.0.cell.weight_ih': value };
    expect(() => fromTorchNames(both)).toThrow(
      'fromTorchNames: rnn.weight_ih_l0 and rnn.layers.0.cell.weight_ih would both be rnn.layers.0.cell.weight_ih.',
    );
    const sides = { 'layers.0.cell.weight_ih': value, 'layers.0.forwardCell.weight_ih': value };
    expect(() => toTorchNames(sides)).toThrow('would both be weight_ih_l0. Take one of them out');
  });

  it('of a layer alone, and by an object, are named as in PyTorch', () => {
    const value: SafetensorsTensor = { dtype: 'F32', shape: [1], data: Float32Array.of(1) };
    const torch = { weight_ih_l0: value, weight_ih_l0_reverse: value, bias_hh_l10: value };
    const ours = fromTorchNames(torch);
    expect([...ours.keys()]).toEqual([
      'layers.0.forwardCell.weight_ih',
      'layers.0.backwardCell.weight_ih',
      'layers.10.cell.bias_hh',
    ]);
    expect(Object.fromEntries(toTorchNames(ours))).toEqual(torch);
  });
});
