import type { GpuJs, RawKernel, RawResult } from '../gpujs.ts';
import type { Context } from './platforms/index.ts';

/** A buffer of the pretended device. */
class LateResult implements RawResult {
  readonly buffer: { readonly data: Float32Array; refs: number };
  readonly output: readonly number[];
  readonly componentCount: number;
  readonly context: unknown;
  readonly kernel: unknown;

  constructor({ buffer, output, componentCount, context, kernel }: Omit<LateResult, 'toArray' | 'delete'>) {
    this.buffer = buffer;
    this.output = output;
    this.componentCount = componentCount;
    this.context = context;
    this.kernel = kernel;
    buffer.refs++;
  }

  async toArray(): Promise<Float32Array> {
    if (this.buffer.refs <= 0) throw new Error('a buffer was read after it was destroyed');
    const copy = this.buffer.data.slice();
    for (let i = 0; i < 20; i++) await later();
    // What it is read through is destroyed with the kernel that made it.
    if ((this.kernel as { readonly isDestroyed: boolean }).isDestroyed) {
      throw new Error('the kernel was destroyed during a read');
    }
    if ((this.context as { readonly isCut: boolean }).isCut) throw new DOMException('the device is gone', 'AbortError');
    if ((this.context as { readonly isGone: boolean }).isGone) throw new Error('kernels were destroyed during a read');
    return copy;
  }

  delete(): void {
    this.buffer.refs--;
  }
}

type Listener = (event: { readonly error: { readonly message: string } }) => void;

export interface LateLibrary extends GpuJs {
  /** Lets the next call of a kernel fail with this message. */
  failNext(message: string): void;
  /** Reports an error to whoever listens, as a device does. */
  report(message: string): void;
  /** Takes the device away: reads fail, and after them it is told. */
  lose(): void;
  /** Gives the device of a backend. */
  readonly openContext: () => Promise<Context>;
  /** How many listen. */
  readonly listeners: number;
}

export interface LateOptions {
  /** Whether a kernel asks for its device before its first call returns. Default: true, as GPU.js does. */
  readonly asksAtOnce?: boolean;
}

/**
 * The library with a mode webgpu that computes as `cpu` does and answers as WebGPU does: later, with results that may not be used once
 * deleted. For tests of order, errors and memory where there is no such device.
 */
export function lateLibrary(library: GpuJs, { asksAtOnce = true }: LateOptions = {}): LateLibrary {
  const listeners = new Set<Listener>();
  const context = {
    isLost: false,
    isGone: false,
    isCut: false,
    adapter: { info: { vendor: 'nobody', architecture: 'pretended' } },
    device: {
      createBuffer: ({ size }: { readonly size: number }) => ({ data: new Float32Array(size / 4), refs: 0 }),
      queue: {
        writeBuffer: (buffer: { readonly data: Float32Array }, offset: number, data: Float32Array) => {
          buffer.data.set(data, offset);
        },
      },
      addEventListener: (_name: string, listener: Listener) => void listeners.add(listener),
      removeEventListener: (_name: string, listener: Listener) => void listeners.delete(listener),
    },
  };
  // The one that all who use the library share.
  const WebGPUContext = { acquire: async (): Promise<unknown> => ({ ...context }) };
  let failure: string | undefined;

  class LateGpu {
    static readonly isWebGPUSupported = true;
    static readonly isWebGL2Supported = false;
    static readonly isHeadlessGLSupported = false;
    static readonly isWebAssemblySupported = false;
    static readonly isWebGPUAvailable = async (): Promise<boolean> => true;
    readonly mode = 'webgpu';
    readonly context = context;
    readonly #inner = new library.GPU({ mode: 'cpu' });

    createKernel(source: string, settings: Readonly<Record<string, unknown>>): RawKernel {
      const types = settings['argumentTypes'] as Readonly<Record<string, string>>;
      const argumentTypes = Object.fromEntries(
        Object.entries(types).map(([name, type]) => [name, type === 'WebGPUBuffer' ? 'Array' : type]),
      );
      const inner = this.#inner.createKernel(source, { ...settings, argumentTypes });
      const returnType = settings['returnType'] as string | undefined;
      const components = Number(/\d/.exec(returnType ?? '1')![0]);
      const kernel = {
        constructor: { mode: 'webgpu', name: 'WebGPUKernel' },
        isDestroyed: false,
      };
      let acquired: Promise<unknown> | undefined;
      const call = async (...args: readonly unknown[]): Promise<LateResult> => {
        if (!asksAtOnce) await later();
        acquired ??= WebGPUContext.acquire();
        const now = args.map((arg) => {
          if (!(arg instanceof LateResult)) return arg;
          if (arg.buffer.refs <= 0) throw new Error('a buffer was used after it was destroyed');
          if (arg.componentCount !== 1) throw new Error('Array(n) results may not be arguments');
          return arg.buffer.data;
        });
        await later();
        if (failure !== undefined) {
          const message = failure;
          failure = undefined;
          throw new Error(message);
        }
        const data = numbersOf(inner(...now));
        return new LateResult({
          buffer: { data, refs: 0 },
          output: settings['output'] as readonly number[],
          componentCount: components,
          context: await acquired,
          kernel,
        });
      };
      const destroy = (): void => {
        kernel.isDestroyed = true;
        inner.destroy();
      };
      return Object.assign(call, { setOutput: () => {}, destroy, kernel });
    }

    createKernelMap(): never {
      throw new Error('there are no kernel maps on WebGPU');
    }

    destroy(): Promise<void> {
      context.isGone = true;
      return this.#inner.destroy();
    }
  }

  return {
    ...library,
    GPU: LateGpu,
    input: (data, size) => library.input(data, size),
    WebGPUBufferResult: LateResult as GpuJs['WebGPUBufferResult'],
    WebGPUContext,
    openContext: async () => context,
    failNext: (message) => {
      failure = message;
    },
    report: (message) => {
      for (const listener of listeners) listener({ error: { message } });
    },
    lose: () => {
      context.isCut = true;
      setTimeout(() => (context.isLost = true), 0);
    },
    get listeners() {
      return listeners.size;
    },
  };
}

/** A texture of the pretended context. */
class Now implements RawResult {
  readonly #data: Float32Array;

  constructor(data: Float32Array) {
    this.#data = data;
  }

  toArray(): Float32Array {
    return this.#data;
  }

  delete(): void {}
}

export interface GlLibrary extends GpuJs {
  /** What the context tells the next times that it is asked for errors. */
  readonly errors: number[];
  /** How often it was asked. */
  readonly asked: number;
  /** Where attributes were bound of each program that was linked, in their order. */
  readonly linked: readonly Readonly<Record<string, number>>[];
  /** From which byte of the buffer at hand an attribute was said to be read, in the order of calls. */
  readonly pointed: readonly (readonly [attribute: number, offset: unknown])[];
}

/** What a context calls its errors. */
export const GL_ERRORS = {
  INVALID_ENUM: 1280,
  INVALID_VALUE: 1281,
  INVALID_OPERATION: 1282,
  OUT_OF_MEMORY: 1285,
  INVALID_FRAMEBUFFER_OPERATION: 1286,
};

/** The library with a mode webgl2 that computes as `cpu` does, in a context that may tell errors. */
export function glLibrary(library: GpuJs): GlLibrary {
  const errors: number[] = [];
  const linked: Readonly<Record<string, number>>[] = [];
  const pointed: (readonly [number, unknown])[] = [];
  let asked = 0;
  const context = {
    ...GL_ERRORS,
    isContextLost: () => false,
    getParameter: () => 4096,
    getExtension: () => null,
    getError: () => {
      asked++;
      return errors.shift() ?? 0;
    },
    bindAttribLocation: (program: Record<string, number>, index: number, name: string) => {
      program[name] = index;
    },
    linkProgram: (program: Readonly<Record<string, number>>) => void linked.push(program),
    enableVertexAttribArray: () => {},
    vertexAttribPointer: (index: number, ...[, , , , offset]: readonly unknown[]) => {
      pointed.push([index, offset]);
    },
  };

  class GlGpu {
    static readonly isWebGPUSupported = false;
    static readonly isWebGL2Supported = true;
    static readonly isHeadlessGLSupported = false;
    static readonly isWebAssemblySupported = false;
    static readonly isWebGPUAvailable = async (): Promise<boolean> => false;
    readonly mode = 'webgl2';
    readonly context = context;
    readonly #inner = new library.GPU({ mode: 'cpu' });

    createKernel(source: string, settings: Readonly<Record<string, unknown>>): RawKernel {
      const types = settings['argumentTypes'] as Readonly<Record<string, string>>;
      const argumentTypes = Object.fromEntries(
        Object.entries(types).map(([name, type]) => [name, type.startsWith('ArrayTexture') ? 'Array' : type]),
      );
      const inner = this.#inner.createKernel(source, { ...settings, argumentTypes });
      let isBuilt = false;
      const call = (...args: readonly unknown[]): RawResult => {
        if (!isBuilt) context.linkProgram({});
        isBuilt = true;
        const data = numbersOf(inner(...args.map((arg) => (arg instanceof Now ? arg.toArray() : arg))));
        return new Now(data);
      };
      const kernel = { constructor: { mode: 'gpu', name: 'WebGL2Kernel' } };
      return Object.assign(call, { setOutput: () => {}, destroy: () => inner.destroy(), kernel });
    }

    createKernelMap(): never {
      throw new Error('there is no GLSL here');
    }

    destroy(): Promise<void> {
      return this.#inner.destroy();
    }
  }

  return {
    ...library,
    GPU: GlGpu,
    input: (data, size) => library.input(data, size),
    errors,
    linked,
    pointed,
    get asked() {
      return asked;
    },
  };
}

function later(): Promise<void> {
  return new Promise((resolve) => {
    queueMicrotask(resolve);
  });
}

/** All numbers in nested arrays. */
function numbersOf(nested: unknown): Float32Array {
  if (nested instanceof Float32Array) return nested.slice();
  const parts = (nested as readonly unknown[]).map(numbersOf);
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
