/** Recurrent cells: equations for one step, and `scan`, which runs them along time. */
export { type RecurrentCell, type State } from './cell.ts';
export { checkCell } from './check-cell.ts';
export { scan, type ScanOptions } from './scan/scan.ts';
export { Stream, type StreamOptions } from './stream/stream.ts';
export { writeStep, type WriteStepOptions, type WrittenStep, type WrittenArray } from './stream/write-step.ts';
export { explainScan } from './scan/explain.ts';
export {
  scanReport,
  type ScanReport,
  type ScanReportOptions,
  type LoopReport,
  type ForwardsReport,
  type BackwardsReport,
} from './scan/scan-report.ts';
export { VanillaCell, type VanillaCellOptions } from './vanilla.ts';
export { LstmCell, type LstmState } from './lstm.ts';
export { forgetBias, chronoBias, type ChronoBiasOptions, type BiasInitializers } from './lstm-biases.ts';
export { GruCell } from './gru.ts';
export { StackedCells, type StackedCellsOptions } from './stacked-cells.ts';
export {
  type CellOptions,
  type CellBiases,
  type CellInitializers,
  type GatedCellOptions,
  type GateActivations,
  type NormalizedCellOptions,
} from './gated-cell.ts';
export { PeepholeLstmCell, type PeepholeLstmCellOptions } from './variants/peephole-lstm.ts';
export { CoupledLstmCell } from './variants/coupled-lstm.ts';
export { ProjectedLstmCell, type ProjectedLstmCellOptions } from './variants/projected-lstm.ts';
export { LayerNormLstmCell } from './variants/layer-norm-lstm.ts';
export { LayerNormGruCell } from './variants/layer-norm-gru.ts';
export { ResetBeforeGruCell } from './variants/reset-before-gru.ts';
export { MinimalGatedCell } from './variants/minimal-gated.ts';
export { IndRnnCell, type IndRnnCellOptions } from './variants/ind-rnn.ts';
export { SruCell, type SruCellOptions } from './variants/sru.ts';
export { QrnnCell, type QrnnState } from './variants/qrnn.ts';
export { MinGruCell } from './variants/min-gru.ts';
export { MinLstmCell } from './variants/min-lstm.ts';
export { type InputGatedCellOptions, type InputGatedCellInitializers } from './variants/input-gated-cell.ts';
export { Residual, type ResidualOptions } from './wrappers/residual.ts';
export { Highway, type HighwayOptions } from './wrappers/highway.ts';
export { LayerNormed, type LayerNormedOptions } from './wrappers/layer-normed.ts';
export { Projected, type ProjectedOptions } from './wrappers/projected.ts';
export { LockedDropout, type LockedDropoutOptions } from './wrappers/locked-dropout.ts';
export { Zoneout, type ZoneoutOptions } from './wrappers/zoneout.ts';
export { WeightDrop, type WeightDropOptions } from './wrappers/weight-drop.ts';
export { Reset, type ResetOptions, withResets } from './wrappers/reset.ts';
export { CellWrapper } from './wrappers/cell-wrapper.ts';
export { type Draw, drawCell, type DrawCellOptions, drawnCell } from './draw.ts';
export { detachState, keepState, disposeState, selectState } from './state.ts';
