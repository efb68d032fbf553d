import { type Backend, type Buffer, type PrimitiveKernels, type TypedArray, UnrollError } from '@unroll/backend';
import { type CompileTime, Device, type DeviceStatistics } from './device/index.ts';
import { loadGpuJs } from './gpujs.ts';
import { loopCompiler } from './loop/compile-loop.ts';
import { Memory } from './memory.ts';
import { type Mode, requireMode } from './modes.ts';
import { opsOf } from './ops/index.ts';

export interface GpujsOptions {
  /** Where kernels run. Nothing else is ever used in its place. `availableModes()` says what there is. */
  readonly mode: Mode;
  /** The most compiled kernels that are kept; the one not used for the longest time goes first. Default: 1000. */
  readonly kernels?: number;
  /** The most memory that kept kernels hold on to for their next result. Default: 256 MiB. */
  readonly kernelBytes?: number;
  /** A smaller longest side of a texture than the device has, for tests. Default: the device's. */
  readonly sideLimit?: number;
}

/** What a backend on a GPU says of itself. */
export interface GpujsStatistics extends DeviceStatistics {
  /** Buffers that have not been freed. */
  readonly buffers: number;
}

/** A backend on a GPU. */
export interface GpujsBackend extends Backend {
  readonly mode: Mode;
  /** What runs the kernels, in the words of its driver. */
  readonly device: string;
  /** Mode, device, and what was compiled and run so far, for people. */
  explain(): string;
  /** What is held at the moment, and what was run. */
  statistics(): GpujsStatistics;
  /** What compiling took, by the names of kernels, the longest first. */
  compileTimes(): readonly CompileTime[];
  /** Gives everything back; the backend refuses everything from then on. */
  dispose(): Promise<void>;
}

/**
 * A backend that runs on GPU.js, in float32 (int32 as whole float32 numbers, exact up to ±2²⁴).
 * @throws UnrollError NOT_AVAILABLE with the reason, if gpu.js is not installed or the mode cannot be had: there is no silent fallback
 */
export async function gpujs({
  mode,
  kernels = 1000,
  kernelBytes = 256 * 2 ** 20,
  sideLimit,
}: GpujsOptions): Promise<GpujsBackend> {
  const sides = sideLimit === undefined ? {} : { sideLimit };
  for (const [name, value] of Object.entries({ kernels, kernelBytes, ...sides })) {
    if (!(value >= 1)) throw new UnrollError('INVALID_ARGUMENT', `gpujs: ${name} must be 1 or more, got ${value}.`);
  }
  const library = await loadGpuJs();
  await requireMode(library, mode);
  const device = new Device({ library, mode, kernels, kernelBytes, ...sides });
  try {
    return assemble(device, await device.describe());
  } catch (error) {
    await device.dispose();
    throw error;
  }
}

/** The backend of a device. */
export function assemble(device: Device, name: string): GpujsBackend {
  const memory = new Memory(device);
  const { primitives, fused }: { primitives: PrimitiveKernels; fused: NonNullable<Backend['fused']> } = opsOf(memory);
  const statistics = (): GpujsStatistics => ({ ...device.statistics, buffers: memory.buffers });
  return {
    name: `gpujs ${device.mode}`,
    ...(device.runsAhead && { runsAhead: true }),
    mode: device.mode,
    device: name,
    primitives,
    fused,
    upload: (data, signature) => memory.upload(data, signature),
    download: async (buffer) => memory.download(buffer),
    ...(device.downloadSync && { downloadSync: (buffer: Buffer): TypedArray => memory.downloadSync(buffer) }),
    compileLoop: loopCompiler(memory),
    share: (buffer) => memory.share(buffer),
    free: (buffer) => memory.free(buffer),
    statistics,
    compileTimes: () => device.compileTimes(),
    explain: () => explain(device, name, statistics()),
    dispose: () => device.dispose(),
  };
}

function explain(device: Device, name: string, now: GpujsStatistics): string {
  const megabytes = (now.bytes / 2 ** 20).toFixed(1);
  const compiled = device
    .compileTimes()
    .slice(0, 8)
    .map((time) => `  ${time.name}: ${time.kernels} kernels, ${time.milliseconds.toFixed(0)} ms`);
  return [
    `gpujs in mode '${device.mode}', as asked, on: ${name}.`,
    `${now.dispatches} kernels run, ${now.uploads} uploads, ${now.downloads} downloads; ` +
      `${now.buffers} buffers in ${now.textures} textures, ${megabytes} MiB.`,
    `${now.compiled} kernels compiled in ${now.compileMilliseconds.toFixed(0)} ms, ${now.kernels} kept. The longest:`,
    ...compiled,
  ].join('\n');
}
