/** Steps compiled ahead of time, as data. */
export {
  exportLoop,
  type ExportedLoop,
  type ExportedStream,
  type ExportedValue,
  type ExportLoopOptions,
} from './loop/export-loop.ts';
