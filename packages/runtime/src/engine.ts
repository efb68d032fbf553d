/** What is used of the WebAssembly JavaScript interface: its types come only with all of the DOM's. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** A function that a module exports. */
export type WasmFunction = (table: number) => void;

/** The two functions of a compiled step. */
export interface WasmExports {
  readonly prepare: WasmFunction;
  readonly run: WasmFunction;
}

export interface WasmModule {
  readonly [Symbol.toStringTag]?: string;
}

export interface Engine {
  compile(bytes: Uint8Array<ArrayBuffer>): Promise<WasmModule>;
  instantiate(module: WasmModule, imports: object): Promise<{ readonly exports: unknown }>;
  readonly Memory: new (limits: { readonly initial: number }) => WasmMemory;
}

/** The engine's WebAssembly; none where it was left out or switched off. */
export function engine(): Engine | undefined {
  return Reflect.get(globalThis, 'WebAssembly') as Engine | undefined;
}
