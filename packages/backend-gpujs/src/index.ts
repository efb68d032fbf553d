/** The backend on GPU.js. */
export { gpujs, type GpujsBackend, type GpujsOptions, type GpujsStatistics } from './backend.ts';
export { type Mode, type ModeAvailability, availableModes } from './modes.ts';
export type { CompileTime } from './device/index.ts';
