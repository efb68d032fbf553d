import { UnrollError } from '@unroll/backend';
import type { GpuJs, RawGpu, RawKernel, RawResult } from '../../gpujs.ts';
import type { Mode } from '../../modes.ts';
import type { Layout } from '../kernel-source.ts';
import type { Context } from './webgpu-context.ts';

/** Two sides. */
export type Size = Pick<Layout, 'width' | 'rows'>;

/** What is on the device. */
export interface Held {
  readonly textures: number;
  readonly bytes: number;
}

/** What differs from mode to mode, and what GPU.js does not say by itself. */
export interface Platform {
  /** The longest side of a texture. */
  readonly sideLimit: number;
  /** How many textures one kernel in GLSL may write; 0 where there are none. */
  readonly outputLimit: number;
  /** @throws UnrollError DEVICE_FAILED if the context or device is lost: all that is read is zeros from then on */
  checkAlive(): void;
  /** @throws UnrollError NOT_AVAILABLE if a kernel was compiled for another mode than asked for */
  checkMode(name: string, kernel: RawKernel): void;
  /** Runs a call of a kernel that may not be built yet; missing where building needs nothing around it. */
  readonly building?: <T>(call: () => T) => T;
  /** Before, and after, so much memory is made; missing where failures are told by themselves. They throw as `checkErrors` does. */
  readonly making?: (bytes: number) => void;
  readonly made?: (name: string, bytes: number) => void;
  /**
   * Whether all went well that was started so far; missing where failures are told by themselves.
   * @throws UnrollError OUT_OF_MEMORY or DEVICE_FAILED, from the first failure on
   */
  readonly checkErrors?: () => void;
  /** What a kernel gave, if it is what it should be: `length` numbers as texels of `components`. */
  result(name: string, given: unknown, length: number, components: number): RawResult | Float32Array;
  /** The same memory read as scalars. */
  asScalars(raw: RawResult, components: number, size: Size): RawResult;
  /** Learns from a first result how this library makes them. */
  learn(first: RawResult): void;
  /** Equal textures of `size` one below the other, copied without a kernel; missing where that cannot be had. */
  readonly stack?: (raws: readonly RawResult[], size: Size) => RawResult;
  /** Memory filled from the host, without a kernel; undefined where that is not known yet, or not to be had. */
  readonly upload: ((data: Float32Array, size: Size) => RawResult | Float32Array) | undefined;
  /** Destroys a kernel of which nothing is used any more. */
  destroy(kernel: RawKernel): void;
  /** Gives back what GPU.js does not, at the end. */
  release(): Promise<void>;
  /** What computes, in the words of its driver. */
  describe(): Promise<string>;
}

/** What a platform is made of. */
export interface PlatformOptions {
  readonly library: GpuJs;
  readonly gpu: RawGpu;
  readonly mode: Mode;
  /** To be told of errors that come by themselves. */
  readonly fail: (error: UnrollError) => void;
  readonly held: () => Held;
  readonly openContext?: () => Promise<Context>;
}

/** Whether kernels are compiled for what `expected` is called in the library. */
export function modeCheck(mode: Mode, expected: string): Platform['checkMode'] {
  return (name, { kernel }) => {
    const got = kernel.constructor.mode ?? (kernel.constructor.name === 'CPUKernel' ? 'cpu' : kernel.constructor.name);
    if (got === expected) return;
    const reason = kernel.fallbackReason ? `: ${kernel.fallbackReason}` : '';
    throw new UnrollError('NOT_AVAILABLE', `gpujs: ${name} was compiled for '${got}' instead of '${mode}'${reason}.`);
  };
}

export function lost(what: string): UnrollError {
  return new UnrollError(
    'DEVICE_FAILED',
    `gpujs: ${what} was lost, and with it all that was on it: another program took the device, or it ran out of memory. ` +
      'Make another backend with gpujs(), and load the last checkpoint.',
  );
}

export function isResult(result: unknown): result is RawResult {
  return typeof result === 'object' && result !== null && 'toArray' in result && 'delete' in result;
}
