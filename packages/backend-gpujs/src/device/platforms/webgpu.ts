import { UnrollError } from '@unroll/backend';
import { GPUJS_VERSION, type RawResult } from '../../gpujs.ts';
import { type Platform, type PlatformOptions, type Size, isResult, lost, modeCheck } from './platform.ts';
import { type Context, type Listener, buildingOn, openContext as openOfPage } from './webgpu-context.ts';

/** Folded earlier than any device asks for: there are no sides, but a limit on groups of 8 × 8 threads, 65 535. */
const SIDE = 2 ** 18;

/** STORAGE, COPY_SRC and COPY_DST, as the standard numbers them. */
const USAGE = 0x0080 | 0x0004 | 0x0008;

/** A buffer as GPU.js wraps it. */
interface BufferResult extends RawResult {
  readonly buffer: unknown;
  readonly context: Context;
  readonly kernel: unknown;
  readonly componentCount: number;
}

/** Buffers of a WebGPU device. */
export function webGpuPlatform({ library, fail, held, openContext = openOfPage }: PlatformOptions): Platform {
  let own: Promise<Context> | undefined;
  let context: Context | undefined;
  let reader: unknown;

  const onError: Listener = ({ error }) => {
    const isMemory = /memory/i.test(`${error.constructor.name} ${error.message}`);
    const { textures, bytes } = held();
    const alive = `; ${textures} buffers of ${(bytes / 2 ** 20).toFixed(1)} MiB are alive. Use a smaller batch.`;
    const what = `gpujs: the WebGPU device reports: ${error.message}${isMemory ? alive : ''} `;
    const remedy = 'What came after is lost. Make another backend with gpujs(), and load the last checkpoint.';
    fail(new UnrollError(isMemory ? 'OUT_OF_MEMORY' : 'DEVICE_FAILED', what + remedy));
  };
  const listen = (opened: Context): Context => {
    context = opened;
    opened.device.addEventListener?.('uncapturederror', onError);
    return opened;
  };
  const open = (): Promise<Context> => (own ??= openContext().then(listen));
  const checkOwn = (found: Context): void => {
    if (context && found === context) return;
    throw new UnrollError(
      'DEVICE_FAILED',
      "gpujs: GPU.js ran a kernel on a WebGPU device that is not this backend's: errors and the end of that one would not be heard of. " +
        `Install gpu.js@${GPUJS_VERSION}, or use 'webgl2'.`,
    );
  };
  const checkAlive = (): void => {
    if (context?.isLost) throw lost('the WebGPU device');
  };

  /** A buffer as an argument: that of scalars, whatever its kernel made. */
  const scalarsIn = (of: Pick<BufferResult, 'buffer' | 'context' | 'kernel'>, { width, rows }: Size): RawResult =>
    new library.WebGPUBufferResult({ ...of, output: [width, rows], componentCount: 1 });

  return {
    sideLimit: SIDE,
    outputLimit: 0,
    checkAlive,
    checkMode: modeCheck('webgpu', 'webgpu'),
    building: (call) => buildingOn(library, open, call),
    result: (name, given) => {
      if (!isBufferResult(given)) throw new UnrollError('DEVICE_FAILED', `gpujs: ${name} gave no WebGPU buffer.`);
      checkOwn(given.context);
      return given;
    },
    asScalars: (raw, components, size) => {
      // A result of Array(n) may not be an argument, but its memory is that of n scalars each.
      const { buffer, context: owner, kernel, componentCount } = raw as BufferResult;
      if (componentCount !== components) {
        throw new UnrollError(
          'DEVICE_FAILED',
          `gpujs: a buffer of ${componentCount} components instead of ${components}.`,
        );
      }
      return scalarsIn({ buffer, context: owner, kernel }, size);
    },
    learn: (first) => {
      // Whatever it made, a kernel reads all buffers back.
      reader = (first as BufferResult).kernel;
    },
    get upload() {
      if (!context || !reader) return undefined;
      const [owner, kernel] = [context, reader];
      return (data: Float32Array, size: Size) => {
        checkAlive();
        const buffer = owner.device.createBuffer({ size: data.byteLength, usage: USAGE });
        owner.device.queue.writeBuffer(buffer, 0, data);
        return scalarsIn({ buffer, context: owner, kernel }, size);
      };
    },
    destroy: (kernel) => kernel.destroy(),
    release: async () => {
      const device = (await own?.catch(() => undefined))?.device;
      device?.removeEventListener?.('uncapturederror', onError);
      // With it goes all memory that was on it.
      device?.destroy?.();
    },
    describe: async () => {
      const parts = ['vendor', 'architecture', 'device', 'description'].map((name) => context?.adapter.info?.[name]);
      return parts.filter(Boolean).join(' ') || 'a WebGPU adapter that does not say its name';
    },
  };
}

function isBufferResult(result: unknown): result is BufferResult {
  return isResult(result) && 'buffer' in result && 'context' in result;
}
