/** The backend in WebAssembly with SIMD. */
export { wasm, type WasmBackend, type WasmOptions } from './backend.ts';
export type { MemoryStatistics } from './memory/memory.ts';
