import { UnrollError } from '@unroll/backend';

/** The release whose behaviour this package was measured on and guards against. */
export const GPUJS_VERSION = '2.24.1';

/** What a kernel gives with `pipeline: true`: a texture, a buffer, or in the modes on the host an array of rows. */
export interface RawResult {
  readonly output?: ArrayLike<number>;
  toArray?(): unknown;
  delete?(): void;
}

/** The parts of a kernel that are looked at. */
export interface RawKernel {
  (...args: readonly unknown[]): unknown;
  setOutput(output: readonly number[]): unknown;
  destroy(): void;
  readonly kernel: { readonly constructor: { readonly mode?: string; readonly name: string }; fallbackReason?: string };
}

/** The parts of an instance that are looked at. */
export interface RawGpu {
  readonly mode: string;
  readonly context: unknown;
  /** In a page, what the context belongs to. */
  readonly canvas?: object;
  createKernel(source: string, settings: Readonly<Record<string, unknown>>): RawKernel;
  /** Several outputs: a record of textures, the kernel's own as `result`. */
  createKernelMap(
    more: Readonly<Record<string, string>>,
    source: string,
    settings: Readonly<Record<string, unknown>>,
  ): RawKernel;
  destroy(): Promise<void>;
}

interface RawBufferSettings {
  readonly buffer: unknown;
  readonly output: readonly number[];
  readonly componentCount: number;
  readonly context: unknown;
  readonly kernel: unknown;
}

/** GPU.js as it is, where its own typings leave something out. */
export interface GpuJs {
  readonly GPU: {
    new (settings: { readonly mode: string }): RawGpu;
    isWebGPUAvailable(): Promise<boolean>;
    readonly isWebGL2Supported: boolean;
    readonly isHeadlessGLSupported: boolean;
    readonly isWebGPUSupported: boolean;
    readonly isWebAssemblySupported: boolean;
  };
  input(data: Float32Array, size: readonly number[]): unknown;
  readonly WebGPUBufferResult: new (settings: RawBufferSettings) => RawResult;
  readonly WebGPUContext: { acquire(): Promise<unknown> };
  readonly WebGLKernel: { readonly features?: { readonly maxTextureSize: number } };
}

let loaded: Promise<GpuJs> | undefined;

/**
 * Loads the library when the first backend is made.
 * @throws UnrollError NOT_AVAILABLE if it is not installed, or is another library than expected
 */
export function loadGpuJs(): Promise<GpuJs> {
  loaded ??= load();
  // A failure is not remembered: the next try may find it.
  loaded.catch(() => (loaded = undefined));
  return loaded;
}

async function load(): Promise<GpuJs> {
  const remedy = `Install it beside this package: npm install gpu.js@${GPUJS_VERSION} --omit=optional`;
  let library: unknown;
  try {
    library = await import('gpu.js');
  } catch (cause) {
    throw new UnrollError('NOT_AVAILABLE', `gpujs: gpu.js could not be loaded. ${remedy}`, { cause });
  }
  const found = isGpuJs(library) ? library : (library as { readonly default?: unknown }).default;
  if (!isGpuJs(found)) {
    throw new UnrollError(
      'NOT_AVAILABLE',
      `gpujs: what is installed as gpu.js lacks parts of ${GPUJS_VERSION}. ${remedy}`,
    );
  }
  return found;
}

function isGpuJs(library: unknown): library is GpuJs {
  if (typeof library !== 'object' || library === null) return false;
  return ['GPU', 'input', 'WebGPUBufferResult', 'WebGPUContext', 'WebGLKernel'].every(
    (name) => typeof Reflect.get(library, name) === 'function',
  );
}
