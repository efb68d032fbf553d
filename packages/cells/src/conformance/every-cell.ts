import { LayerNorm, Linear } from '@unroll/layers';
import { type Rng, type Tensor, concat } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';
import { GruCell } from '../gru.ts';
import { LstmCell } from '../lstm.ts';
import { StackedCells } from '../stacked-cells.ts';
import { VanillaCell } from '../vanilla.ts';
import { CoupledLstmCell } from '../variants/coupled-lstm.ts';
import { IndRnnCell } from '../variants/ind-rnn.ts';
import { LayerNormGruCell } from '../variants/layer-norm-gru.ts';
import { LayerNormLstmCell } from '../variants/layer-norm-lstm.ts';
import { MinGruCell } from '../variants/min-gru.ts';
import { MinLstmCell } from '../variants/min-lstm.ts';
import { MinimalGatedCell } from '../variants/minimal-gated.ts';
import { PeepholeLstmCell } from '../variants/peephole-lstm.ts';
import { ProjectedLstmCell } from '../variants/projected-lstm.ts';
import { QrnnCell } from '../variants/qrnn.ts';
import { ResetBeforeGruCell } from '../variants/reset-before-gru.ts';
import { SruCell } from '../variants/sru.ts';
import { Highway } from '../wrappers/highway.ts';
import { LayerNormed } from '../wrappers/layer-normed.ts';
import { LockedDropout } from '../wrappers/locked-dropout.ts';
import { Projected } from '../wrappers/projected.ts';
import { Reset } from '../wrappers/reset.ts';
import { Residual } from '../wrappers/residual.ts';
import { WeightDrop } from '../wrappers/weight-drop.ts';
import { Zoneout } from '../wrappers/zoneout.ts';

/** What a cell of the list is made from. */
export interface EveryCellOptions {
  readonly inputSize: number;
  /** Length of the output. */
  readonly hiddenSize: number;
  readonly rng: Rng;
}

/** Every kind of cell of the package, by name. */
export const everyCell: Readonly<Record<string, (options: EveryCellOptions) => RecurrentCell>> = {
  VanillaCell: (options) => new VanillaCell(options),
  'VanillaCell with softsign': (options) => new VanillaCell({ ...options, nonlinearity: (x) => x.div(x.abs().add(1)) }),
  LstmCell: (options) => new LstmCell(options),
  'LstmCell with one bias': (options) => new LstmCell({ ...options, bias: { hh: false } }),
  PeepholeLstmCell: (options) => new PeepholeLstmCell(options),
  CoupledLstmCell: (options) => new CoupledLstmCell(options),
  ProjectedLstmCell: ({ inputSize, hiddenSize, rng }) =>
    new ProjectedLstmCell({ inputSize, hiddenSize: hiddenSize + 1, projectedSize: hiddenSize, rng }),
  LayerNormLstmCell: (options) => new LayerNormLstmCell(options),
  GruCell: (options) => new GruCell(options),
  ResetBeforeGruCell: (options) => new ResetBeforeGruCell(options),
  LayerNormGruCell: (options) => new LayerNormGruCell(options),
  MinimalGatedCell: (options) => new MinimalGatedCell(options),
  IndRnnCell: (options) => new IndRnnCell(options),
  SruCell: (options) => new SruCell(options),
  QrnnCell: (options) => new QrnnCell(options),
  MinGruCell: (options) => new MinGruCell(options),
  MinLstmCell: (options) => new MinLstmCell(options),
};

/** Every wrapper of the package, by name, around a cell that takes as many features as it gives. */
export const everyWrapper: Readonly<Record<string, (cell: RecurrentCell, rng: Rng) => RecurrentCell>> = {
  Residual: (cell) => new Residual({ cell }),
  Highway: (cell, rng) => new Highway({ cell, rng }),
  LayerNormed: (cell) => {
    const [input, output] = [new LayerNorm({ size: cell.inputSize }), new LayerNorm({ size: cell.outputSize })];
    return new LayerNormed({ cell, input, output });
  },
  Projected: (cell, rng) => {
    const input = new Linear({ inputSize: 3, outputSize: cell.inputSize, rng });
    return new Projected({ cell, input, output: new Linear({ inputSize: cell.outputSize, outputSize: 3, rng }) });
  },
  LockedDropout: (cell) => new LockedDropout({ cell, input: 0.3, output: 0.3, state: 0.3 }),
  Zoneout: (cell) => new Zoneout({ cell, rate: 0.3 }),
  WeightDrop: (cell) => new WeightDrop({ cell, rate: 0.3, drops: (name) => name.includes('weight') }),
  Reset: (cell) => resetByLastFeature(cell),
  StackedCells: (cell, rng) => {
    const above = new GruCell({ inputSize: cell.outputSize, hiddenSize: cell.outputSize, rng });
    return new StackedCells({ cells: [cell, new Zoneout({ cell: above, rate: 0.3 })] });
  },
};

/** Starts anew where the last feature is positive, so that random inputs do so at times. */
function resetByLastFeature(cell: RecurrentCell): RecurrentCell {
  const reset = new Reset({ cell });
  const flagged = {
    reset,
    inputSize: reset.inputSize,
    outputSize: reset.outputSize,
    initialState: (batch: number) => reset.initialState(batch),
    step: (x: Tensor, state: ReturnType<RecurrentCell['initialState']>) => {
      const [input, last] = x.split(1, [cell.inputSize, 1]);
      return reset.step(concat([input, last.greater(0)], 1), state);
    },
  };
  return flagged;
}
