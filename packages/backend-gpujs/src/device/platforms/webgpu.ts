import { UnrollError } from '@unroll/backend';
import type { RawResult } from '../../gpujs.ts';
import { type Platform, type PlatformOptions, isResult, lost, modeCheck } from './platform.ts';

/** Folded earlier than any device asks for: there are no sides, but a limit on groups of 8 × 8 threads, 65 535. */
const SIDE = 2 ** 18;

/** STORAGE, COPY_SRC and COPY_DST, as the standard numbers them. */
const USAGE = 0x0080 | 0x0004 | 0x0008;

type Listener = (event: { readonly error: { readonly message: string } }) => void;

interface Context {
  readonly isLost?: boolean;
  readonly adapter: { readonly info?: Readonly<Record<string, unknown>> };
  readonly device: {
    addEventListener?(name: string, listener: Listener): void;
    removeEventListener?(name: string, listener: Listener): void;
    createBuffer(settings: { readonly size: number; readonly usage: number }): unknown;
    readonly queue: { writeBuffer(buffer: unknown, offset: number, data: Float32Array): void };
  };
}

/** A buffer as GPU.js wraps it. */
interface BufferResult extends RawResult {
  readonly buffer: unknown;
  readonly context: Context;
  readonly kernel: unknown;
  readonly componentCount: number;
}

/** Buffers of a WebGPU device. */
export function webGpuPlatform({ library, fail }: PlatformOptions): Platform {
  let context: Context | undefined;
  let reader: unknown;

  const onError: Listener = ({ error }) => {
    const code = /memory/i.test(error.message) ? 'OUT_OF_MEMORY' : 'DEVICE_FAILED';
    fail(new UnrollError(code, `gpujs: the WebGPU device reports: ${error.message}`));
  };
  const listen = (found: Context): void => {
    if (context === found) return;
    context = found;
    // GPU.js prints these and goes on.
    found.device.addEventListener?.('uncapturederror', onError);
  };
  const checkAlive = (): void => {
    if (context?.isLost) throw lost('the WebGPU device');
  };

  return {
    sideLimit: SIDE,
    outputLimit: 0,
    checkAlive,
    checkMode: modeCheck('webgpu', 'webgpu'),
    result: (name, given) => {
      if (!isBufferResult(given)) throw new UnrollError('DEVICE_FAILED', `gpujs: ${name} gave no WebGPU buffer.`);
      listen(given.context);
      return given;
    },
    asScalars: (raw, components, { width, rows }) => {
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
    learn: (first) => {
      const { context: owner, kernel } = first as BufferResult;
      listen(owner);
      // Whatever it made, a kernel reads all buffers back.
      reader = kernel;
    },
    upload: (data, { width, rows }) => {
      if (!context || !reader) return undefined;
      checkAlive();
      const { device } = context;
      const buffer = device.createBuffer({ size: data.byteLength, usage: USAGE });
      device.queue.writeBuffer(buffer, 0, data);
      return new library.WebGPUBufferResult({
        buffer,
        output: [width, rows],
        componentCount: 1,
        context,
        kernel: reader,
      });
    },
    // All backends of a page have one device, which stays.
    release: () => context?.device.removeEventListener?.('uncapturederror', onError),
    describe: async () => {
      const { adapter } = (await library.WebGPUContext.acquire()) as Context;
      const parts = ['vendor', 'architecture', 'device', 'description'].map((name) => adapter.info?.[name]);
      return parts.filter(Boolean).join(' ') || 'a WebGPU adapter that does not say its name';
    },
  };
}

function isBufferResult(result: unknown): result is BufferResult {
  return isResult(result) && 'buffer' in result && 'context' in result;
}
