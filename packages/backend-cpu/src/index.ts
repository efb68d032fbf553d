/** The backend in plain TypeScript. */
export { cpu, type CpuBackend, type CpuOptions } from './backend.ts';
export type { MemoryStatistics } from './memory.ts';
