/** Recurrent cells: equations for one step, and `scan`, which runs them along time. */
export { type RecurrentCell, type State } from './cell.ts';
export { scan, type ScanOptions } from './scan/scan.ts';
export { Stream, type StreamOptions } from './stream/stream.ts';
export { explainScan, type ExplainScanOptions } from './scan/explain.ts';
export { VanillaCell, type VanillaCellOptions } from './vanilla.ts';
export { LstmCell, type LstmState } from './lstm.ts';
export { GruCell } from './gru.ts';
export { StackedCells, type StackedCellsOptions } from './stacked-cells.ts';
export { type CellOptions, type CellInitializers } from './gated-cell.ts';
export { detachState, keepState, disposeState, selectState } from './state.ts';
