import { constant } from '@unroll/layers';
import { Rng, type Tensor, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { describeCell } from './conformance.ts';
import { GruCell } from './gru.ts';
import { LstmCell } from './lstm.ts';
import { chronoBias, forgetBias } from './lstm-biases.ts';
import { StackedCells } from './stacked-cells.ts';
import { MinGruCell } from './variants/min-gru.ts';
import { ProjectedLstmCell } from './variants/projected-lstm.ts';
import { SruCell } from './variants/sru.ts';
import { VanillaCell } from './vanilla.ts';

const sizes = { inputSize: 3, hiddenSize: 4 };

describeCell(
  'VanillaCell with softplus',
  () => new VanillaCell({ ...sizes, rng: new Rng(1), nonlinearity: (x) => x.exp().add(1).log() }),
);
describeCell('LstmCell without biases', () => new LstmCell({ ...sizes, bias: false, rng: new Rng(3) }));
describeCell('StackedCells of three kinds', () => {
  const rng = new Rng(5);
  return new StackedCells({
    cells: [
      new VanillaCell({ inputSize: 2, hiddenSize: 3, rng }),
      new LstmCell({ inputSize: 3, hiddenSize: 2, rng }),
      new GruCell({ inputSize: 2, hiddenSize: 3, rng }),
    ],
  });
});

describe('a new cell', () => {
  it('names the size that is missing or none', () => {
    const rng = new Rng(1);
    // @ts-expect-error what JavaScript users may pass
    expect(() => new LstmCell({ inputSize: 3, units: 4, rng })).toThrow('LstmCell: hiddenSize is missing');
    expect(() => new GruCell({ inputSize: 3, hiddenSize: 2.5, rng })).toThrow('GruCell: hiddenSize is 2.5; it must be');
    expect(() => new MinGruCell({ inputSize: -1, hiddenSize: 2, rng })).toThrow('MinGruCell: inputSize is -1');
    const projected = { inputSize: 3, hiddenSize: 4, rng };
    // @ts-expect-error the same
    expect(() => new ProjectedLstmCell(projected)).toThrow('ProjectedLstmCell: projectedSize is missing');
  });

  it('starts within ±1/√h; the forget gate of an LSTM with 1', () => {
    const cell = new LstmCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) });
    for (const parameter of [cell.weight_ih, cell.weight_hh]) {
      expect(parameter.value.abs().max().item()).toBeLessThanOrEqual(0.5);
    }
    const forgetOf = (bias = cell.bias_ih): readonly number[] => [...bias!.value.slice(0, 4, 4).dataSync()];
    expect(forgetOf(cell.bias_ih)).toEqual([1, 1, 1, 1]);
    expect(forgetOf(cell.bias_hh)).toEqual([0, 0, 0, 0]);
    expect(cell.bias_ih!.value.slice(0, 8, 8).abs().max().item()).toBeLessThanOrEqual(0.5);
  });

  it('remembers for as long as its forget bias says', () => {
    const rng = new Rng(1);
    const options = { inputSize: 1, hiddenSize: 50, rng };
    const biasOf = ({ bias_ih, bias_hh }: LstmCell): Tensor => bias_ih!.value.add(bias_hh!);
    const patient = new LstmCell({ ...options, initializers: { ...forgetBias(3), weight_hh: constant(0) } });
    expect(biasOf(patient).slice(0, 50, 50).equal(3).cast('float32').mean().item()).toBe(1);
    expect(biasOf(patient).slice(0, 0, 50).abs().max().item()).toBeLessThan(2 / Math.sqrt(50));
    expect(patient.weight_hh.value.abs().max().item()).toBe(0);

    const chrono = new LstmCell({ ...options, initializers: chronoBias({ longest: 20 }) });
    const [i, f, rest] = biasOf(chrono).split(0, [50, 50, 100]);
    expect(i.add(f).abs().max().item()).toBe(0);
    expect(rest.abs().max().item()).toBe(0);
    // Between 1 and 19 steps, spread evenly.
    const times = [...f.exp().dataSync()];
    expect(Math.min(...times)).toBeGreaterThanOrEqual(1 - 1e-6);
    expect(Math.max(...times)).toBeLessThanOrEqual(19 + 1e-4);
    expect(times.reduce((a, b) => a + b) / 50).toBeCloseTo(10, -0.5);
    expect(() => chronoBias({ longest: 2 })).toThrow('longest is 2');
    expect(() => new GruCell({ inputSize: 1, hiddenSize: 5, rng, initializers: chronoBias({ longest: 9 }) })).toThrow(
      'four gates',
    );
  });

  it('without an rng says which class wants one', () => {
    for (const Cell of [LstmCell, MinGruCell, SruCell]) {
      expect(() => Reflect.construct(Cell, [sizes])).toThrow(`${Cell.name}: it draws random numbers from an rng`);
    }
  });

  it('takes an initializer for each role', () => {
    const cell = new GruCell({
      ...sizes,
      rng: new Rng(1),
      initializers: { weight_hh: (shape) => tensor(new Float32Array(48).fill(7), { shape }) },
    });
    expect(cell.weight_hh.value.max().item()).toBe(7);
    expect(cell.weight_ih.value.max().item()).toBeLessThan(1);
  });
});

describe('StackedCells', () => {
  it('refuses neighbours that do not fit, and no cells at all', () => {
    const rng = new Rng(1);
    const cells = [
      new GruCell({ inputSize: 2, hiddenSize: 3, rng }),
      new GruCell({ inputSize: 4, hiddenSize: 3, rng }),
    ];
    expect(() => new StackedCells({ cells })).toThrow('cell 0 gives 3 features, cell 1 wants 4');
    expect(() => new StackedCells({ cells: [] })).toThrow('at least one cell');
  });
});
