/**
 * What this package uses of the WebAssembly JavaScript interface. Written down here because the platform's own types come
 * only with all of the DOM's.
 */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  /** Adds pages of 64 KiB; throws a RangeError if there are none. */
  grow(pages: number): number;
}

export interface WasmModule {
  readonly [Symbol.toStringTag]?: string;
}

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

export type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A function that a module exports: numbers in, a number or nothing out. */
export type WasmFunction = (...values: readonly number[]) => number;

export interface Engine {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  compile(bytes: Uint8Array<ArrayBuffer>): Promise<WasmModule>;
  instantiate(module: WasmModule, imports: Imports): Promise<WasmInstance>;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: Imports) => WasmInstance;
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared?: boolean;
  }) => WasmMemory;
}

/** The engine's WebAssembly; none where it was left out or switched off. */
export function engine(): Engine | undefined {
  return Reflect.get(globalThis, 'WebAssembly') as Engine | undefined;
}
