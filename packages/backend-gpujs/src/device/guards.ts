import { UnrollError } from '@unroll/backend';
import type { GpuJs, RawGpu, RawKernel, RawResult } from '../gpujs.ts';
import type { Mode } from '../modes.ts';

/** What GPU.js does not say by itself. */
export interface Guard {
  readonly sideLimit: number;
  /** How many textures one kernel may write on WebGL 2. */
  readonly outputLimit: number;
  /** @throws UnrollError DEVICE_FAILED if the context or device is lost: all that is read is zeros from then on */
  checkAlive(): void;
  /** @throws UnrollError NOT_AVAILABLE if a kernel was compiled for another mode than asked for */
  checkMode(name: string, kernel: RawKernel): void;
  /** What a kernel gave, if it is what it should be. */
  checkResult(name: string, result: unknown): RawResult;
  /** The same buffer read as scalars. */
  asScalars(
    library: GpuJs,
    raw: RawResult,
    components: number,
    size: { readonly width: number; readonly rows: number },
  ): RawResult;
  describe(library: GpuJs): Promise<string>;
}

/** Folded earlier than any device asks for: WebGPU has no sides, but a limit on groups of 8 × 8 threads, 65 535. */
const WEBGPU_SIDE = 2 ** 18;

interface GlContext {
  isContextLost(): boolean;
  getError(): number;
  getParameter(name: number): unknown;
  getExtension(name: string): { readonly UNMASKED_RENDERER_WEBGL: number } | null;
  readonly MAX_TEXTURE_SIZE: number;
  readonly MAX_DRAW_BUFFERS: number;
  readonly RENDERER: number;
}

interface WebGpuContext {
  readonly isLost?: boolean;
  readonly adapter: { readonly info?: Readonly<Record<string, unknown>> };
  readonly device: {
    addEventListener?(name: string, listener: (event: { readonly error: { readonly message: string } }) => void): void;
  };
}

interface BufferResult extends RawResult {
  readonly buffer: unknown;
  readonly context: WebGpuContext;
  readonly kernel: unknown;
  readonly componentCount: number;
}

export function guardFor(gpu: RawGpu, mode: Mode, fail: (error: unknown) => void): Guard {
  if (mode === 'cpu' || mode === 'webasm') return onHost(mode);
  return mode === 'webgpu' ? onWebGpu(fail) : onGl(gpu, mode);
}

function onHost(mode: Mode): Guard {
  return {
    sideLimit: Infinity,
    outputLimit: 0,
    checkAlive: () => {},
    checkMode: modeCheck(mode),
    checkResult: (_name, result) => result as RawResult,
    asScalars: (_library, raw) => raw,
    describe: async () =>
      mode === 'cpu' ? 'GPU.js in JavaScript on the host, for tests' : 'GPU.js in WebAssembly on the host, for tests',
  };
}

function onGl(gpu: RawGpu, mode: Mode): Guard {
  // Set when the first kernel is compiled.
  const context = (): GlContext | null => gpu.context as GlContext | null;
  return {
    get sideLimit() {
      const gl = context();
      return gl ? (gl.getParameter(gl.MAX_TEXTURE_SIZE) as number) : 4096;
    },
    get outputLimit() {
      const gl = context();
      // GPU.js maps a kernel to 8 at most; 4 is what the standard grants.
      return gl ? Math.min(8, gl.getParameter(gl.MAX_DRAW_BUFFERS) as number) : 4;
    },
    checkAlive: () => {
      const gl = context();
      if (!gl) return;
      if (gl.isContextLost()) throw lost('the WebGL context');
    },
    checkMode: modeCheck(mode),
    checkResult: (name, result) => {
      if (isResult(result)) return result;
      throw new UnrollError(
        'DEVICE_FAILED',
        `gpujs: ${name} gave no texture. Is float rendering missing on this device?`,
      );
    },
    asScalars: (_library, raw) => raw,
    describe: async () => {
      const gl = context();
      if (!gl) return mode;
      const info = gl.getExtension('WEBGL_debug_renderer_info');
      return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    },
  };
}

function onWebGpu(fail: (error: unknown) => void): Guard {
  let context: WebGpuContext | undefined;
  const known = (result: BufferResult): void => {
    if (context === result.context) return;
    context = result.context;
    // GPU.js prints these and goes on.
    context.device.addEventListener?.('uncapturederror', ({ error }) => {
      const code = /memory/i.test(error.message) ? 'OUT_OF_MEMORY' : 'DEVICE_FAILED';
      fail(new UnrollError(code, `gpujs: the WebGPU device reports: ${error.message}`));
    });
  };
  return {
    sideLimit: WEBGPU_SIDE,
    outputLimit: 0,
    checkAlive: () => {
      if (context?.isLost) throw lost('the WebGPU device');
    },
    checkMode: modeCheck('webgpu'),
    checkResult: (name, result) => {
      if (!isBufferResult(result)) throw new UnrollError('DEVICE_FAILED', `gpujs: ${name} gave no WebGPU buffer.`);
      known(result);
      return result;
    },
    asScalars: (library, raw, components, { width, rows }) => {
      // A result of Array(n) may not be an argument, but its memory is that of n scalars each.
      const { buffer, context: owner, kernel, componentCount } = raw as BufferResult;
      if (componentCount !== components) {
        throw new UnrollError(
          'DEVICE_FAILED',
          `gpujs: a buffer of ${componentCount} components instead of ${components}.`,
        );
      }
      return new library.WebGPUBufferResult({
        buffer,
        output: [width, rows],
        componentCount: 1,
        context: owner,
        kernel,
      });
    },
    describe: async (library) => {
      const { adapter } = (await library.WebGPUContext.acquire()) as WebGpuContext;
      const parts = ['vendor', 'architecture', 'device', 'description'].map((name) => adapter.info?.[name]);
      return parts.filter(Boolean).join(' ') || 'a WebGPU adapter that does not say its name';
    },
  };
}

function modeCheck(mode: Mode): Guard['checkMode'] {
  // All kernels in GL call themselves so.
  const expected = mode === 'webgl2' || mode === 'headlessgl' ? 'gpu' : mode;
  return (name, { kernel }) => {
    const got = kernel.constructor.mode ?? (kernel.constructor.name === 'CPUKernel' ? 'cpu' : kernel.constructor.name);
    if (got === expected) return;
    const reason = kernel.fallbackReason ? `: ${kernel.fallbackReason}` : '';
    throw new UnrollError('NOT_AVAILABLE', `gpujs: ${name} was compiled for '${got}' instead of '${mode}'${reason}.`);
  };
}

function lost(what: string): UnrollError {
  return new UnrollError(
    'DEVICE_FAILED',
    `gpujs: ${what} was lost, and with it all that was on it: another program took the device, or it ran out of memory. ` +
      'Make another backend with gpujs(), and load the last checkpoint.',
  );
}

function isResult(result: unknown): result is RawResult {
  return typeof result === 'object' && result !== null && 'toArray' in result && 'delete' in result;
}

function isBufferResult(result: unknown): result is BufferResult {
  return isResult(result) && 'buffer' in result && 'context' in result;
}
