/** The backend in WebAssembly with SIMD. */
export { wasm, wasmSync, hasWideVectors, type WasmOptions } from './wasm.ts';
export type { WasmBackend } from './backend.ts';
export type { AnyWorker } from './threads/start-worker.ts';
export type { MemoryStatistics } from './memory/memory.ts';
